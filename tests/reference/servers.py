"""The reference servers behind a gateway: each is used by the Python SDK through the proxy, and through chat.

    python servers.py GATEWAY_URL FOLDER PAGE_URL

FOLDER holds what the servers work on: `files`, the git repository `Harbour`, `memory.jsonl`; PAGE_URL
is a page for the server that fetches. What a reply must hold is what the server has there, never what
it was asked. Each check prints its name when it has passed; the first that fails ends the run.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.request
import warnings
import zoneinfo

import anyio
import mcp.types as types
from mcp import MCPDeprecationWarning
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

GATEWAY, FOLDER, PAGE = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
LIMIT_SECONDS = 30
ZONE = "Europe/Lisbon"
FILE = "Lantern.txt"
FILE_SAYS = (FOLDER / "files" / FILE).read_text().strip()
with urllib.request.urlopen(PAGE, timeout=LIMIT_SECONDS) as page:
    PAGE_SAYS = page.read().decode().strip()
COMMIT = subprocess.check_output(["git", "-C", FOLDER / "Harbour", "log", "-1", "--format=%s"], text=True).strip()
BRANCH = "night-watch"
ENTITY = {"name": "Marigold", "entityType": "lightship", "observations": ["anchored off the north mole"]}
SERVERS = {
    "everything": "stdio",
    "everything-http": "streamable_http",
    "everything-sse": "sse",
    "fetch": "stdio",
    "filesystem": "stdio",
    "git": "stdio",
    "memory": "stdio",
    "thinking": "stdio",
    "time": "stdio",
}


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(GATEWAY + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
        return json.load(answer)


def all_are_up(tries=1):
    """Each server by its transport; at the start a slow one may take several tries of the gateway."""
    for left in reversed(range(tries)):
        states = {one["name"]: (one["transport"], one["state"], one["error"]) for one in ask("/api/tools")["servers"]}
        if states == {name: (transport, "up", None) for name, transport in SERVERS.items()}:
            return
        assert left, states
        time.sleep(0.5)


def is_now(text):
    """A time in the zone that is no more than some minutes old."""
    found = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", text)
    assert found, text
    told = datetime.datetime.fromisoformat(found[0])
    here = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE))
    assert abs(here - told) < datetime.timedelta(minutes=5) and told.utcoffset() == here.utcoffset(), text


def holds(*words):
    def check(text):
        for word in words:
            assert word and word in text, f"{word!r} is not in {text!r}"

    return check


# Tool, arguments, what the text of the result must hold. The chat after it finds what these leave behind.
CALLS = [
    ("everything__echo", {"message": "grey herons"}, holds("Echo: grey herons")),
    ("everything__get-sum", {"a": 19, "b": 23}, holds("42")),
    ("everything-http__get-structured-content", {"location": "Chicago"}, holds('"temperature":36', "Light rain")),
    ("everything-sse__get-annotated-message", {"messageType": "success"}, holds("Operation completed successfully")),
    ("filesystem__read_text_file", {"path": FILE}, holds(FILE_SAYS)),
    ("memory__create_entities", {"entities": [ENTITY]}, holds("Marigold", "lightship")),
    ("memory__read_graph", {}, holds("Marigold", "anchored off the north mole")),
    ("thinking__sequentialthinking", {"thought": "Tides turn", "nextThoughtNeeded": True, "thoughtNumber": 1, "totalThoughts": 2}, holds('"thoughtHistoryLength": 1')),
    (
        "thinking__sequentialthinking",
        {"thought": "Or not", "nextThoughtNeeded": False, "thoughtNumber": 2, "totalThoughts": 2, "branchFromThought": 1, "branchId": BRANCH},
        holds('"thoughtHistoryLength": 2', BRANCH),
    ),
    ("fetch__fetch", {"url": PAGE}, holds(PAGE_SAYS)),
    ("time__get_current_time", {"timezone": ZONE}, is_now),
    ("time__convert_time", {"source_timezone": "Asia/Tokyo", "time": "09:30", "target_timezone": "Asia/Kolkata"}, holds("T06:00:00+05:30")),
    ("git__git_log", {"repo_path": "Harbour"}, holds(COMMIT)),
]
# Those that may change something: they run after a yes of the client's user.
ASKED = ["memory__create_entities"]
NOT_CALLED = ["filesystem__write_file"]
# From the first call of this on, its server says every few seconds that what is subscribed to changed.
UPDATES = "everything-http__toggle-subscriber-updates"
WATCHED = "groundwire://everything-http/demo://resource/dynamic/text/1"


async def hears_of_a_resource(client, told):
    """A client of the revision without sessions has a stream; one of those before hears over its session."""
    if told is None:
        async with client.listen(resource_subscriptions=[WATCHED]) as updates:
            # What may have changed before it was heard.
            assert (await anext(updates)).uri == WATCHED
            result = await client.call_tool(UPDATES, {})
            assert not result.is_error, result
            assert (await anext(updates)).uri == WATCHED
    else:
        with warnings.catch_warnings(category=MCPDeprecationWarning, action="ignore"):
            await client.subscribe_resource(WATCHED)
            await told.wait()
            await client.unsubscribe_resource(WATCHED)
    print(f"  {WATCHED}")


async def through_the_proxy(way):
    questions, told = [], None

    async def agree(_, request):
        questions.append(request.message)
        return types.ElicitResult(action="accept", content={"run": True})

    async def heard(message):
        if isinstance(message, types.ResourceUpdatedNotification):
            assert message.params.uri == WATCHED, message
            told.set()

    if way == "sse":
        told = anyio.Event()
        client = Client(sse_client(f"{GATEWAY}/sse"), mode="legacy", message_handler=heard)
        calls = [call for call in CALLS if call[0] not in ASKED and not call[0].startswith("thinking")]
    else:
        client = Client(streamable_http_client(f"{GATEWAY}/mcp"), elicitation_callback=agree)
        calls = CALLS
    with anyio.fail_after(4 * LIMIT_SECONDS):
        async with client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
            assert listed == {call[0] for call in CALLS} | {UPDATES, *NOT_CALLED}, listed
            for tool, arguments, check in calls:
                result = await client.call_tool(tool, arguments)
                text = "\n".join(block.text for block in result.content if block.type == "text")
                assert not result.is_error, f"{tool}: {text}"
                check(text)
                print(f"  {tool}")
            await hears_of_a_resource(client, told)
    if way == "sse":
        assert not questions, questions
    else:
        written, started = questions
        assert "create_entities" in written and "Marigold" in written and "toggle-subscriber-updates" in started, questions


def say(conversation, message):
    return ask(f"/api/conversations/{conversation}/turns", {"message": message})


def only_call(turn):
    """The one call of an answered turn, as the stored record has it, and with what came back."""
    assert turn["outcome"] == "answered" and len(turn["basis"]) == 1, turn
    record = ask(f"/api/turns/{turn['id']}")
    assert record["text"] == turn["text"] and record["basis"] == turn["basis"], record
    call = record["basis"][0]
    assert call["outcome"] == "ok", call
    return call["server"], call["tool"], call["arguments"]


ECHOED = "Echo the words grey herons at dawn"
# Message; server, tool and arguments of the one call; what the reply must hold besides them.
CHATS = [
    (ECHOED, "everything", "echo", {"message": ECHOED}, holds(f"Echo: {ECHOED}")),
    ("Show me the structured content for Chicago", "everything-http", "get-structured-content", {"location": "Chicago"}, holds("36", "Light rain / drizzle", "82")),
    (
        "Show me the annotated message of a success",
        "everything-sse",
        "get-annotated-message",
        {"messageType": "success"},
        holds("Operation completed successfully"),
    ),
    (f"Show me the file {FILE}", "filesystem", "read_text_file", {"path": FILE}, holds(FILE_SAYS)),
    ("Show me the graph", "memory", "read_graph", {}, holds("Marigold", "lightship", "anchored off the north mole")),
    (f"Fetch the page {PAGE.upper()}", "fetch", "fetch", {"url": PAGE.upper()}, holds(PAGE_SAYS)),
    (f"What time is it in {ZONE}?", "time", "get_current_time", {"timezone": ZONE}, is_now),
    ("Show me the commit logs of Harbour", "git", "git_log", {"repo_path": "Harbour"}, holds(COMMIT)),
    # The simulated model has no numbers for this tool, and calls it with the least that the schema allows.
    (
        "Show me the thoughts",
        "thinking",
        "sequentialthinking",
        {"thought": "unknown", "nextThoughtNeeded": True, "thoughtNumber": 1, "totalThoughts": 1},
        holds(BRANCH, "thoughtHistoryLength 3"),
    ),
]


def through_chat():
    for message, server, tool, arguments, check in CHATS:
        turn = say(ask("/api/conversations", {})["id"], message)
        assert only_call(turn) == (server, tool, arguments), turn
        check(turn["text"])
        print(f"  {message}")


def a_write_waits_for_a_yes_and_runs_once():
    written, proposed = FOLDER / "files" / "Anchor.txt", {"path": "Anchor.txt", "content": "Anchor.txt"}
    conversation = ask("/api/conversations", {})["id"]
    turn = say(conversation, "Create a new file Anchor.txt")
    assert turn["outcome"] == "confirmation" and turn["basis"] == [], turn
    assert turn["question"]["calls"] == [{"server": "filesystem", "tool": "write_file", "arguments": proposed}], turn
    assert not written.exists(), "it ran without a yes"
    turn = say(conversation, "yes")
    assert turn["rule"] == "confirmed" and only_call(turn) == ("filesystem", "write_file", proposed), turn
    holds("Successfully wrote to Anchor.txt")(turn["text"])
    assert written.read_text() == proposed["content"]
    # A second yes is to nothing.
    written.unlink()
    assert say(conversation, "yes")["basis"] == []
    assert not written.exists(), "it ran twice"


def main():
    all_are_up(tries=60)
    for way in ["streamable-http", "sse"]:
        print(f"reference servers, proxy, {way}")
        anyio.run(through_the_proxy, way)
    print("reference servers, chat")
    through_chat()
    a_write_waits_for_a_yes_and_runs_once()
    print("  a_write_waits_for_a_yes_and_runs_once")
    all_are_up()


main()
