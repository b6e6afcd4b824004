"""The official Python SDK for MCP against one of our servers, over each way to reach it.

    python client.py SERVER BINARY BACKEND_URL OUTPUT [WAY=URL]... [elsewhere=URL]

What is asked and what must come back stands in SERVER.json, beside this file; BACKEND_URL goes
through gate.mjs. A WAY is streamable-http or sse; over stdio the server is started here.
`elsewhere` is a second backend. Everything that the server answers is kept in OUTPUT, with the
server's standard error. Each check prints its name when it has passed; the first that fails ends
the run.
"""

import json
import os
import pathlib
import sys
import urllib.request
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import anyio.to_thread
import jsonschema
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.exceptions import MCPError

SERVER, BINARY, BACKEND, OUTPUT = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
URLS = dict(pair.split("=", 1) for pair in sys.argv[5:])
ELSEWHERE = URLS.pop("elsewhere", None)
SPEC = json.loads((pathlib.Path(__file__).parent / f"{SERVER}.json").read_text())


def meant(values):
    """Values that only a run knows are named by a variable of the environment."""
    return {name: os.environ.get(value, value) for name, value in values.items()}


CREDENTIALS = meant(SPEC["credentials"])
LIMIT_SECONDS = 20
INVALID_PARAMS = -32602
INVALID_REQUEST = -32600


def at(value, pointer):
    """What stands at a JSON Pointer, an exception when nothing does; `length` tells that of a list."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = len(value) if part == "length" else value[int(part)]
        else:
            value = value[part]
    return value


def headers_with(credential, kind=0):
    """The credential in the headers that carry it; the first kind of header is the usual one."""
    return {name: value.replace("{}", CREDENTIALS[credential]) for name, value in SPEC["headers"][kind].items()}


def over(way, entries):
    """The entries that are meant for this way."""
    return [one for one in entries if one.get("only", way) == way and one.get("not") != way]


async def ask(method, url):
    def asked():
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=LIMIT_SECONDS) as answer:
            return answer.read()

    return await anyio.to_thread.run_sync(asked)


class Talk:
    """A connection to the server; keeps what was answered. `headers` are read anew for each request."""

    def __init__(self, way, client, kept, headers):
        self.way, self.client, self.kept, self.headers = way, client, kept, headers

    def keep(self, value):
        self.kept.write(json.dumps(value) + "\n")

    async def list_tools(self):
        listed = (await self.client.list_tools()).tools
        wire = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed]
        self.keep({"tools": wire})
        return wire

    async def call(self, tool, arguments):
        with anyio.fail_after(LIMIT_SECONDS):
            result = await self.client.call_tool(tool, arguments)
        wire = result.model_dump(mode="json", by_alias=True)
        self.keep({"tool": tool, "result": wire})
        return bool(result.is_error), wire["structuredContent"], wire["content"][0]["text"]

    def known(self, value):
        """What was learnt from earlier answers, put where the table has its name."""
        if isinstance(value, dict):
            return {name: self.known(inner) for name, inner in value.items()}
        return self.learnt[value[1:]] if isinstance(value, str) and value.startswith("$") else value

    async def learn(self):
        self.learnt = {}
        for name, how in SPEC["learn"].items():
            is_error, value, text = await self.call(how["tool"], how["arguments"])
            assert not is_error, text
            self.learnt[name] = at(value, how["at"])

    async def succeeds(self, one):
        """A call of the table that succeeds, with the fact that it names."""
        tool, kind = one["tool"], SPEC["kinds"].get(one.get("kind"), {})
        is_error, value, text = await self.call(tool, self.known(one["arguments"]))
        assert not is_error, f"{tool}: {text}"
        assert json.loads(text) == value, f"{tool}: text and structured content differ"
        assert at(value, one["at"]) == self.known(one["is"]), f"{tool}: {one['at']} is {at(value, one['at'])}"
        jsonschema.validate(value, kind.get("schema", {}))
        for number, listed in kind.get("counts", {}).items():
            assert at(value, number) == len(at(value, listed)), f"{tool}: {number}"
        return value

    async def fails(self, one):
        """A call of the table that fails, and what its error says."""
        is_error, value, text = await self.call(one["tool"], self.known(one["arguments"]))
        assert is_error, f"{one['tool']}: {text}"
        for words in one.get("says", []):
            assert words in text, f"{one['tool']}: {words} is not in {text}"
        assert "at" not in one or at(value, one["at"]) == one["is"], f"{one['tool']}: {text}"


@asynccontextmanager
async def connected(way, credential, headers=None, statuses=None):
    """Over `way`, with the credential in the environment or in headers; `None` sends none.

    `statuses` takes those of the HTTP answers.
    """
    complaints = []
    if headers is None:
        headers = {} if credential is None else headers_with(credential)

    async def hear(message):
        # A line on standard output that is no frame arrives here.
        if isinstance(message, Exception):
            complaints.append(message)

    async def send(request):
        request.headers.update(headers)

    async def note(response):
        if statuses is not None:
            statuses.append(response.status_code)

    def http_client(headers=None, timeout=None, auth=None):
        http = create_mcp_http_client(headers=headers, timeout=timeout, auth=auth)
        http.event_hooks = {"request": [send], "response": [note]}
        return http

    with open(OUTPUT / f"python-{way}.stderr", "a") as log, open(OUTPUT / f"python-{way}.jsonl", "a") as kept:
        if way == "stdio":
            start = SPEC["start"]
            env = {"PATH": os.environ["PATH"], start["url"]: BACKEND, start["credential"]: CREDENTIALS[credential], **meant(start["more"])}
            transport = stdio_client(StdioServerParameters(command=BINARY, args=start["arguments"], env=env), errlog=log)
            client = Client(transport, message_handler=hear)
        elif way == "sse":
            # The legacy transport knows the legacy handshake only.
            client = Client(sse_client(URLS[way], httpx_client_factory=http_client), mode="legacy", message_handler=hear)
        else:
            client = Client(streamable_http_client(URLS[way], http_client=http_client()), message_handler=hear)
        with anyio.fail_after(6 * LIMIT_SECONDS):
            async with client:
                yield Talk(way, client, kept, headers)
    assert not complaints, complaints


@asynccontextmanager
async def refused(what, code=INVALID_PARAMS, says=()):
    """Around a request that the server refuses with an error of the protocol."""
    try:
        yield
    except MCPError as error:
        assert error.code == code and all(words in error.message for words in says), error.error
    else:
        raise AssertionError(f"{what} was not refused")


async def says_who_it_is(talk):
    about, server, can = SPEC["about"], talk.client.server_info, talk.client.server_capabilities
    assert server.name == about["name"] and server.version, server
    offered = can.model_dump(by_alias=True, exclude_none=True)
    assert sorted(offered) == about["capabilities"], offered
    assert bool(can.tools and can.tools.list_changed) == about["listChanged"], offered


async def lists_the_tools(talk):
    wire, calls = await talk.list_tools(), over(talk.way, SPEC["calls"])
    assert sorted(tool["name"] for tool in wire) == sorted(call["tool"] for call in calls), "each tool is called once"
    talk.tools = {tool["name"]: tool for tool in wire}
    for call in calls:
        tool, kind = talk.tools[call["tool"]], SPEC["kinds"][call["kind"]]
        hints = {key: value for key, value in tool["annotations"].items() if key.endswith("Hint")}
        assert hints == kind["hints"], f"{tool['name']}: {hints}"
        assert (tool.get("title") or tool["annotations"]["title"]) and len(tool["description"]) > 60, tool["name"]
        assert tool.get("_meta", {}).get("requiredPermissions") == kind.get("permissions"), tool["name"]
        assert ("outputSchema" in tool) == kind["outputSchema"], tool["name"]
        for schema in (tool["inputSchema"], tool.get("outputSchema")):
            if schema:
                jsonschema.Draft202012Validator.check_schema(schema)
        if SPEC.get("noUnknownArguments"):
            assert tool["inputSchema"]["additionalProperties"] is False, tool["name"]


async def calls_every_tool(talk):
    await talk.learn()
    for call in over(talk.way, SPEC["calls"]):
        tool = talk.tools[call["tool"]]
        jsonschema.validate(talk.known(call["arguments"]), tool["inputSchema"])
        value = await talk.succeeds(call)
        jsonschema.validate(value, tool.get("outputSchema", {}))


async def takes_other_names_and_odd_arguments(talk):
    for one in over(talk.way, SPEC["also"]):
        await talk.succeeds(one)


async def says_what_is_wrong(talk):
    for one in over(talk.way, SPEC["errors"]):
        await talk.fails(one)


async def refuses_an_unknown_tool(talk):
    for name in [SPEC["unknown"], *(call["tool"] for call in SPEC["calls"] if call["tool"] not in talk.tools)]:
        async with refused(name):
            await talk.call(name, {})


async def shows_resource_and_prompt(talk):
    if resource := SPEC.get("resource"):
        listed = (await talk.client.list_resources()).resources
        assert [(str(one.uri), one.name) for one in listed] == [(resource["uri"], resource["name"])], listed
        text = (await talk.client.read_resource(resource["uri"])).contents[0].text
        assert all(words in text for words in resource["says"]), text
    if prompt := SPEC.get("prompt"):
        listed = (await talk.client.list_prompts()).prompts
        arguments = [[argument.name for argument in one.arguments] for one in listed]
        assert [one.name for one in listed] == [prompt["name"]] and arguments == [list(prompt["arguments"])], listed
        text = (await talk.client.get_prompt(prompt["name"], prompt["arguments"])).messages[0].content.text
        assert prompt["says"] in text, text
        async with refused("a prompt without arguments"):
            await talk.client.get_prompt(prompt["name"], {})


async def cancels_calls(talk):
    """Calls that the backend never answers reach it, and are dropped there when they are cancelled; then calls go on."""
    held = SPEC["held"]
    gate, times = f"{BACKEND}/_gate{held['path']}", held["times"]
    await ask("POST", gate)
    try:
        async with anyio.create_task_group() as calls:
            for _ in range(times):
                calls.start_soon(talk.call, held["tool"], held["arguments"])
            await ask("GET", f"{gate}?asked={times}")
            calls.cancel_scope.cancel()
        await ask("GET", f"{gate}?gone={times}")
        await talk.succeeds(over(talk.way, SPEC["calls"])[0])
    finally:
        await ask("DELETE", gate)


async def has_its_rights(talk, right):
    """What a credential may see and do."""
    if tools := right.get("tools"):
        assert len(await talk.list_tools()) == tools.get(talk.way, tools["http"]), right["credential"]
    for one in right.get("calls", []):
        await talk.succeeds(one)
    for one in right.get("errors", []):
        await talk.fails(one)


async def shows_each_credential_its_own(way):
    """Connections that are open side by side each have their own credential."""
    rights = over(way, SPEC["rights"])
    async with AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(connected(way, right["credential"])) for right in rights]
        await talks[0].learn()
        for _ in range(2):
            for talk, right in zip(talks, rights):
                talk.learnt = talks[0].learnt
                await has_its_rights(talk, right)


async def reads_the_credential_of_each_request(way):
    rights = over(way, SPEC["rights"])
    async with connected(way, rights[0]["credential"]) as talk:
        await talk.learn()
        for _ in range(2):
            for right in rights:
                talk.headers.update(headers_with(right["credential"]))
                await has_its_rights(talk, right)


async def takes_a_credential_in_any_of_its_headers(way):
    for kind in range(len(SPEC["headers"])):
        async with connected(way, "full", headers_with("full", kind)) as talk:
            assert len(await talk.list_tools()) == len(over(way, SPEC["calls"])), SPEC["headers"][kind]


async def asked_elsewhere():
    requests = json.loads(await ask("GET", f"{ELSEWHERE}/_sim/requests"))["requests"]
    return [request for request in requests if request["path"] == SPEC["elsewhere"]["path"]]


async def goes_where_a_header_says(way):
    there = SPEC["elsewhere"]
    before = len(await asked_elsewhere())
    async with connected(way, "full", {**headers_with("full"), there["header"]: ELSEWHERE}) as talk:
        await talk.succeeds(there)
    asked = await asked_elsewhere()
    assert [request["token"] for request in asked[before:]] == [CREDENTIALS["full"]], asked[before:]
    # The server has a credential of its own, which must not go there.
    async with connected(way, None, {there["header"]: ELSEWHERE}) as talk:
        await talk.fails({**SPEC["nobody"], "tool": there["tool"]})
    assert len(await asked_elsewhere()) == len(asked)


async def ends_at_once(way):
    """Over stdio there is no server at all without a credential that could be used."""
    end = SPEC["endsAtOnce"]
    try:
        async with connected(way, end["credential"]):
            pass
    except Exception:
        assert end["says"] in (OUTPUT / f"python-{way}.stderr").read_text(), end
    else:
        raise AssertionError("it started")


async def gives_nothing_to_nobody(way):
    nobody, statuses = SPEC["nobody"], []
    if "status" not in nobody:
        async with connected(way, None) as talk:
            async with refused("the list of tools", INVALID_REQUEST, nobody["says"]):
                await talk.list_tools()
            await talk.fails(nobody)
            await shows_resource_and_prompt(talk)
        return
    try:
        async with connected(way, None, statuses=statuses) as talk:
            await talk.list_tools()
    except Exception:
        assert set(statuses) == {nobody["status"]}, statuses
    else:
        raise AssertionError("nobody was shown the tools")


CHECKS = [
    says_who_it_is,
    lists_the_tools,
    calls_every_tool,
    takes_other_names_and_odd_arguments,
    says_what_is_wrong,
    refuses_an_unknown_tool,
    shows_resource_and_prompt,
    cancels_calls,
]


async def main():
    for way in ["stdio", *URLS]:
        async with connected(way, "full") as talk:
            print(f"{SERVER}, python, {way}, protocol {talk.client.protocol_version}")
            for check in CHECKS:
                await check(talk)
                print(f"  {check.__name__}")
        others = [ends_at_once][: "endsAtOnce" in SPEC] if way == "stdio" else [gives_nothing_to_nobody, takes_a_credential_in_any_of_its_headers]
        if way in SPEC["changesOver"]:
            others.append(reads_the_credential_of_each_request)
        if "elsewhere" in SPEC and way != "stdio":
            others.append(goes_where_a_header_says)
        for check in [shows_each_credential_its_own, *others]:
            await check(way)
            print(f"  {check.__name__}")


anyio.run(main)
