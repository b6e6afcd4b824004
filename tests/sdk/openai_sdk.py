"""The official OpenAI SDK for Python against a running gateway.

    python openai_sdk.py BASE_URL

Each check prints its name when it has passed; the first that fails ends the run.
"""

import sys

import openai

BASE = sys.argv[1].rstrip("/")
CASE = "What is the status of case 4120771?"
LIST = "Show me the open cases for Nordfjord"

client = openai.OpenAI(base_url=f"{BASE}/v1", api_key="not-needed", max_retries=0, timeout=60)


def user(text):
    return {"role": "user", "content": text}


def extra(thing):
    return thing.model_extra["groundwire"]


def models():
    ids = [model.id for model in client.models.list()]
    assert ids[0] == "groundwire", ids


def plain():
    raw = client.chat.completions.with_raw_response.create(model="groundwire", messages=[user(CASE)])
    assert raw.headers["x-groundwire-decision"] == "call_tool", raw.headers
    assert raw.headers["x-request-id"]
    done = raw.parse()
    assert "4120771" in done.choices[0].message.content
    assert done.choices[0].finish_reason == "stop"
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    assert extra(done)["outcome"] == "answered", extra(done)
    assert extra(done)["basis"][0]["server"] == "argus"


def streaming():
    content, reasoning, finishes, last = "", "", [], None
    for chunk in client.chat.completions.create(model="groundwire", messages=[user(CASE)], stream=True):
        assert chunk.usage is None
        choice = chunk.choices[0]
        content += choice.delta.content or ""
        reasoning += (choice.delta.model_extra or {}).get("reasoning_content", "")
        finishes.append(choice.finish_reason)
        last = chunk
    assert "4120771" in content
    assert "Calling argus/" in reasoning, reasoning
    assert finishes[-1] == "stop" and set(finishes[:-1]) == {None}
    assert extra(last)["verdict"] == "grounded", extra(last)


def stream_helper():
    with client.chat.completions.stream(model="groundwire", messages=[user(CASE)]) as stream:
        for _ in stream:
            pass
        done = stream.get_final_completion()
    assert "4120771" in done.choices[0].message.content


def usage():
    options = {"include_usage": True}
    request = client.chat.completions.create(
        model="groundwire", messages=[user("hello")], stream=True, stream_options=options
    )
    chunks = list(request)
    assert [len(chunk.choices) for chunk in chunks[-2:]] == [1, 0]
    assert chunks[-1].usage.total_tokens >= 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def refused(kind, code, **request):
    try:
        client.chat.completions.create(**request)
    except kind as error:
        assert error.code == code, (error.code, error.body)
        assert error.message and error.body["message"], error.body
        return
    raise AssertionError(f"{code}: not refused")


def errors():
    messages = [user("hi")]
    refused(openai.NotFoundError, "model_not_found", model="gpt-99", messages=messages)
    refused(openai.BadRequestError, "n_not_supported", model="groundwire", messages=messages, n=2)
    tools = [{"type": "function", "function": {"name": "x", "parameters": {"type": "object"}}}]
    refused(openai.BadRequestError, "tools_not_supported", model="groundwire", messages=messages, tools=tools)
    refused(openai.BadRequestError, "tools_not_supported", model="groundwire", messages=messages, tools=tools, stream=True)
    refused(openai.BadRequestError, "invalid_messages", model="groundwire", messages=[])


def conversation():
    messages = [{"role": "system", "content": "Be brief."}, user(LIST)]
    first = client.chat.completions.create(model="groundwire", messages=messages)
    messages += [first.choices[0].message.model_dump(exclude_none=True), user("Any change on the first one?")]
    second = client.chat.completions.create(model="groundwire", messages=messages)
    assert extra(second)["conversation_id"] == extra(first)["conversation_id"]
    assert extra(second)["decision"] == "refresh", extra(second)
    named = client.chat.completions.create(
        model="groundwire", messages=[user("thanks")], metadata={"conversation_id": extra(first)["conversation_id"]}
    )
    assert extra(named)["conversation_id"] == extra(first)["conversation_id"]


def leaving_early():
    with client.chat.completions.create(model="groundwire", messages=[user(LIST)], stream=True) as stream:
        next(iter(stream))
    plain()


for check in (models, plain, streaming, stream_helper, usage, errors, conversation, leaving_early):
    check()
    print(f"openai {openai.__version__} (Python): {check.__name__.replace('_', ' ')}", flush=True)
