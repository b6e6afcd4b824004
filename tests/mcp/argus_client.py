"""The official Python SDK for MCP against the Argus server, over each way to reach it.

    python argus_client.py BINARY SIMULATOR_URL OUTPUT [streamable-http=URL] [sse=URL]

What is called stands in argus_calls.json, beside this file. Everything that the server answers is
kept in OUTPUT, with the server's standard error. Each check prints its name when it has passed;
the first that fails ends the run.
"""

import json
import pathlib
import sys
import urllib.request
from contextlib import asynccontextmanager

import anyio
import jsonschema
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.exceptions import MCPError

BINARY, SIMULATOR, OUTPUT = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
URLS = dict(pair.split("=", 1) for pair in sys.argv[4:])
SPEC = json.loads((pathlib.Path(__file__).parent / "argus_calls.json").read_text())
KEYS = SPEC["keys"]
LIMIT_SECONDS = 20
INVALID_PARAMS = -32602


def at(value, pointer):
    """What stands at a JSON Pointer; an exception when nothing does."""
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def simulator(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{SIMULATOR}/_sim/{path}", data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
        return json.load(answer)


class Talk:
    """A connection to the server; keeps what was answered, and fails on what is not protocol."""

    def __init__(self, way, client, kept):
        self.way, self.client, self.kept = way, client, kept

    def keep(self, value):
        self.kept.write(json.dumps(value) + "\n")

    async def call(self, tool, arguments):
        with anyio.fail_after(LIMIT_SECONDS):
            result = await self.client.call_tool(tool, arguments)
        wire = result.model_dump(mode="json", by_alias=True)
        self.keep({"tool": tool, "result": wire})
        return bool(result.is_error), wire["structuredContent"], wire["content"]

    async def ok(self, tool, arguments):
        is_error, value, content = await self.call(tool, arguments)
        assert not is_error, f"{tool}: {value}"
        assert json.loads(content[0]["text"]) == value, f"{tool}: text and structured content differ"
        return value


@asynccontextmanager
async def connected(way, key, statuses=None):
    """Over `way`, with the key where it belongs: the environment or a header; `None` sends none.

    `statuses` takes those of the HTTP answers.
    """
    complaints = []

    async def hear(message):
        # A line on standard output that is no frame arrives here.
        if isinstance(message, Exception):
            complaints.append(message)

    async def note(response):
        if statuses is not None:
            statuses.append(response.status_code)

    def http_client(headers=None, timeout=None, auth=None):
        http = create_mcp_http_client(headers=headers, timeout=timeout, auth=auth)
        http.event_hooks = {"response": [note]}
        return http

    headers = {} if key is None else {"Argus-API-Key": key}
    with open(OUTPUT / f"python-{way}.stderr", "a") as log, open(OUTPUT / f"python-{way}.jsonl", "a") as kept:
        if way == "stdio":
            env = {"ARGUS_API_KEY": key, "ARGUS_API_URL": SIMULATOR, "ARGUS_MCP_LOG": "trace"}
            transport = stdio_client(StdioServerParameters(command=BINARY, args=["mcp", "argus"], env=env), errlog=log)
            client = Client(transport, message_handler=hear)
        elif way == "sse":
            # The legacy transport knows the legacy handshake only.
            client = Client(sse_client(URLS[way], headers=headers, httpx_client_factory=http_client), mode="legacy", message_handler=hear)
        else:
            transport = streamable_http_client(URLS[way], http_client=http_client(headers))
            client = Client(transport, message_handler=hear)
        with anyio.fail_after(6 * LIMIT_SECONDS):
            async with client:
                yield Talk(way, client, kept)
    assert not complaints, complaints


def check_shape(call, value):
    tool, kind = call["tool"], call["kind"]
    if kind == "values":
        assert {"field", "values", "note"} <= set(value) and value["values"], f"{tool}: {value}"
    elif kind == "query":
        assert value and not {"data", "meta"} & set(value), f"{tool}: {value}"
    else:
        assert value["meta"]["source"] == "argus" and value["meta"]["responseCode"] == 200, f"{tool}: {value['meta']}"
        assert isinstance(value["data"], dict if kind == "object" else list) and value["data"], f"{tool}: {value['data']}"
        assert ("page" in value) == (kind == "rows"), f"{tool}: {list(value)}"
    if kind == "rows":
        page = value["page"]
        assert page["size"] == len(value["data"]) and page["stop"] == (page["nextOffset"] is None), f"{tool}: {page}"


async def lists_the_tools(talk):
    listed = (await talk.client.list_tools()).tools
    wire = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed]
    talk.keep({"tools": wire})
    assert sorted(tool["name"] for tool in wire) == sorted(call["tool"] for call in SPEC["calls"]), "each tool is called once"
    talk.tools = {tool["name"]: tool for tool in wire}
    for call in SPEC["calls"]:
        tool, local = talk.tools[call["tool"]], call["kind"] in ("values", "query")
        hints = {key: value for key, value in tool["annotations"].items() if key.endswith("Hint")}
        wanted = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": not local}
        assert hints == wanted, f"{tool['name']}: {hints}"
        assert tool["title"] and len(tool["description"]) > 60, tool["name"]
        assert ("outputSchema" in tool) == local, tool["name"]
        for schema in (tool["inputSchema"], tool.get("outputSchema")):
            if schema:
                jsonschema.Draft202012Validator.check_schema(schema)
        assert tool["inputSchema"]["additionalProperties"] is False, tool["name"]


async def says_who_it_is(talk):
    server, can = talk.client.server_info, talk.client.server_capabilities
    assert server.name == "argus-api-mcp-server-stdio" and server.version, server
    offered = can.model_dump(by_alias=True, exclude_none=True)
    assert set(offered) == {"tools"} and not (can.tools and can.tools.list_changed), offered


async def calls_every_tool(talk):
    learnt = {name: at(await talk.ok(how["tool"], how["arguments"]), how["at"]) for name, how in SPEC["learn"].items()}
    for call in SPEC["calls"]:
        arguments = {name: learnt.get(str(value)[1:], value) if str(value).startswith("$") else value for name, value in call["arguments"].items()}
        tool = talk.tools[call["tool"]]
        jsonschema.validate(arguments, tool["inputSchema"])
        value = await talk.ok(call["tool"], arguments)
        check_shape(call, value)
        if "outputSchema" in tool:
            jsonschema.validate(value, tool["outputSchema"])
        assert at(value, call["at"]) == call["is"], f"{call['tool']}: {call['at']} is {at(value, call['at'])}"


async def knows_a_tool_by_its_other_name(talk):
    other = SPEC["alias"]
    by_alias = await talk.ok(other["name"], other["arguments"])
    assert by_alias["data"] == (await talk.ok(other["tool"], other["arguments"]))["data"]


async def names_every_problem_at_once(talk):
    wrong = SPEC["invalid"]
    is_error, value, content = await talk.call(wrong["tool"], wrong["arguments"])
    error = value["error"]
    assert is_error and error["kind"] == "INVALID_ARGUMENTS" and json.loads(content[0]["text"]) == value, value
    assert sorted(problem["path"] for problem in error["fieldErrors"]) == sorted(wrong["paths"]), error
    assert "No Argus data was obtained" in error["message"], error


async def refuses_an_unknown_tool(talk):
    try:
        await talk.call(SPEC["unknown"], {})
    except MCPError as error:
        talk.keep({"error": error.error.model_dump(mode="json")})
        assert error.code == INVALID_PARAMS, error.error
    else:
        raise AssertionError("an unknown tool was called")


async def cancels_calls(talk):
    """Calls that Argus never answers take every place there is; cancelled, they give them back."""
    hanging, then = SPEC["hanging"], SPEC["alias"]
    simulator("POST", "faults", {"path": hanging["path"], "kind": "timeout"})
    asked = len(simulator("GET", "requests")["requests"])
    try:
        async with anyio.create_task_group() as calls:
            for _ in range(hanging["places"]):
                calls.start_soon(talk.call, hanging["tool"], hanging["arguments"])
            with anyio.fail_after(LIMIT_SECONDS):
                while len(simulator("GET", "requests")["requests"]) < asked + hanging["places"]:
                    await anyio.sleep(0.02)
            calls.cancel_scope.cancel()
        # Without a free place this would wait for the server's own time limit, which is longer.
        await talk.ok(then["tool"], then["arguments"])
    finally:
        simulator("DELETE", "faults")


async def opens_nothing_without_a_key(way):
    statuses = []
    try:
        async with connected(way, None, statuses) as talk:
            await talk.client.list_tools()
    except Exception:
        assert set(statuses) == {401}, statuses
    else:
        raise AssertionError("it opened without a key")


async def shows_each_key_its_own(way):
    rights = SPEC["rights"]
    async with connected(way, KEYS["full"]) as full, connected(way, KEYS["customer"]) as customer:
        for _ in range(2):
            for talk, name in ((full, "full"), (customer, "customer")):
                value = await talk.ok(rights["tool"], rights["arguments"])
                assert at(value, rights["at"]) == rights["is"][name], f"{name}: {value['page']}"
    async with connected(way, KEYS["cases"]) as cases:
        is_error, value, _ = await cases.call(rights["beyond"], {"request": {}})
        assert is_error and value["error"]["kind"] == "ACCESS_DENIED", value


async def gives_nothing_to_a_refused_key(way):
    """Over stdio there is no server at all, over HTTP each call says what Argus said."""
    try:
        async with connected(way, KEYS["expired"]) as talk:
            is_error, value, _ = await talk.call(SPEC["alias"]["tool"], SPEC["alias"]["arguments"])
    except Exception:
        said = (OUTPUT / f"python-{way}.stderr").read_text()
        if way != "stdio" or "argus-mcp: session check failed: 401" not in said:
            raise
    else:
        assert way != "stdio" and is_error and value["error"]["kind"] == "AUTHENTICATION_FAILED", value


CHECKS = [
    says_who_it_is,
    lists_the_tools,
    calls_every_tool,
    knows_a_tool_by_its_other_name,
    names_every_problem_at_once,
    refuses_an_unknown_tool,
    cancels_calls,
]


async def main():
    for way in ["stdio", *URLS]:
        async with connected(way, KEYS["full"]) as talk:
            print(f"python, {way}, protocol {talk.client.protocol_version}")
            for check in CHECKS:
                await check(talk)
                print(f"  {check.__name__}")
        by_key = [shows_each_key_its_own, gives_nothing_to_a_refused_key]
        for check in by_key if way == "stdio" else [*by_key, opens_nothing_without_a_key]:
            await check(way)
            print(f"  {check.__name__}")


anyio.run(main)
