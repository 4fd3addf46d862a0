# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mock model answers: pure functions from a request to a Reply, no network.

A prompt steers it with one word, "mock:" and tags: "Say hello mock:tools3,cache".

    tool          one bash call, then the answer     tools3     three bash calls, then the answer
    subagent      a task call to a sub-agent, which answers (its own tags: "childtool", "childreason")
    cache         part of the prompt was cached      cachewrite part of it was written to the cache
    reason        reasoning tokens                   slow       a long stream, for aborts
    fail500once   HTTP 500 on the first try          fail500, fail400, fail401: always
    nousage       an answer that names no usage      webfetch   a call that asks for permission, then the answer
    octally       a call of octally's own MCP tool, then the answer

Every answer's usage differs from every other's, so that errors cannot cancel out.
"""

import json
import re
from dataclasses import dataclass, field

COMPACTION = re.compile(r"summarization|anchored.*summary|detailed prompt for continuing|Summarize the conversation", re.I)


@dataclass
class Usage:
    """Tokens as a provider counts them: cached ones inside the prompt, reasoning inside the completion."""

    prompt: int
    completion: int
    cached: int = 0
    cache_written: int = 0
    reasoning: int = 0

    def disjoint(self):
        """The five kinds as the meter counts them."""
        return {
            "input": self.prompt - self.cached - self.cache_written,
            "output": self.completion - self.reasoning,
            "reasoning": self.reasoning,
            "cache_read": self.cached,
            "cache_write": self.cache_written,
        }


@dataclass
class Reply:
    """What to send back. kind is answer, title or compaction; status other than 200 is an error."""

    kind: str
    text: str
    usage: Usage
    status: int = 200
    tool: tuple | None = None  # (name, arguments)
    tags: set = field(default_factory=set)


def text_of(content):
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content or [] if isinstance(part, dict))


def system_text(body):
    """The system prompt in either API's form."""
    system = [m["content"] for m in body["messages"] if m["role"] == "system"]
    return "\n".join(text_of(content) for content in [*system, body.get("system", "")])


def last_prompt(messages):
    """The text of the newest message that the user wrote, and how many tool results follow it."""
    index = max((i for i, m in enumerate(messages) if m["role"] == "user" and text_of(m["content"]).strip()), default=0)
    results = 0
    for message in messages[index:]:
        parts = message["content"] if isinstance(message["content"], list) else []
        results += message["role"] == "tool"
        results += sum(part.get("type") == "tool_result" for part in parts)
    return text_of(messages[index]["content"]), results


def tool_results(messages):
    """The texts of the tool results that a request brings, in either API's form."""
    texts = [text_of(m["content"]) for m in messages if m["role"] == "tool"]
    for message in messages:
        parts = message["content"] if isinstance(message["content"], list) else []
        texts += [text_of(part.get("content")) for part in parts if part.get("type") == "tool_result"]
    return texts


def kind_of(body, prompt):
    """answer, title or compaction, by the prompts that OpenCode uses for the latter two."""
    system = system_text(body)
    if re.search(r"title generator", system, re.I) or re.search(r"generate a title", prompt, re.I):
        return "title"
    if not body.get("tools") and (COMPACTION.search(system) or COMPACTION.search(prompt)):
        return "compaction"
    return "answer"


def tags_of(prompt):
    """The tags of the last "mock:" word."""
    found = re.findall(r"mock:([a-z0-9,]+)", prompt)
    return set(found[-1].split(",")) if found else set()


def tool_call(tags, results):
    """The next tool call that the tags ask for, or None when it is time to answer."""
    if "subagent" in tags and results == 0:
        child = ",".join(tag.removeprefix("child") for tag in sorted(tags) if tag.startswith("child"))
        prompt = "Answer briefly" + (f" mock:{child}" if child else "")
        return "task", {"description": "child task", "prompt": prompt, "subagent_type": "general"}
    if "octally" in tags and results == 0:
        return "octally_usage_summary", {"last_days": 7, "by": "model"}
    if "webfetch" in tags and results == 0:
        return "webfetch", {"url": "http://127.0.0.1:9/", "format": "text", "timeout": 5}
    rounds = 3 if "tools3" in tags else 1 if "tool" in tags else 0
    if results < rounds:
        return "bash", {"command": f"echo step {results}", "description": "print a step"}
    return None


def usage_of(tags, number):
    """The usage of the number-th request: no two are alike."""
    return Usage(
        prompt=1011 + 100 * number,
        completion=40 + 3 * number,
        cached=500 + number if "cache" in tags else 0,
        cache_written=200 + number if "cachewrite" in tags else 0,
        reasoning=10 + number if "reason" in tags else 0,
    )


def status_of(tags, first_try):
    """The HTTP status that the tags ask for."""
    if "fail500once" in tags:
        return 500 if first_try else 200
    return next((int(tag[4:]) for tag in tags if re.fullmatch(r"fail\d+", tag)), 200)


def reply_to(body, number, is_first_try):
    """The Reply to a request. is_first_try(prompt) tells whether no answer to it was asked for before."""
    prompt, results = last_prompt(body["messages"])
    kind = kind_of(body, prompt)
    first_try = kind == "answer" and is_first_try(prompt)
    tags = tags_of(prompt) if kind == "answer" else set()
    texts = {"title": f"Mock title {number}", "compaction": f"Mock summary {number}", "answer": f"Mock answer {number}"}
    tool = tool_call(tags, results) if body.get("tools") else None
    return Reply(kind, texts[kind], usage_of(tags, number), status_of(tags, first_try), tool, tags)


# The two wire forms of a reply: lists of server-sent events, ready to be written one by one.


def openai_chunks(reply, model, number):
    """The events of /chat/completions with "stream": true."""
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1, "model": model}

    def chunk(delta, finish=None):
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    if reply.usage.reasoning:
        yield chunk({"role": "assistant", "reasoning_content": "thinking"})
    if reply.tool:
        name, arguments = reply.tool
        function = {"name": name, "arguments": json.dumps(arguments)}
        yield chunk({"role": "assistant", "tool_calls": [{"index": 0, "id": f"call_{number}", "type": "function", "function": function}]})
    else:
        for piece in pieces(reply):
            yield chunk({"role": "assistant", "content": piece})
    yield chunk({}, "tool_calls" if reply.tool else "stop")
    if "nousage" not in reply.tags:
        yield {**head, "choices": [], "usage": openai_usage(reply.usage)}


def openai_usage(usage):
    """A usage block as OpenAI reports it."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def anthropic_events(reply, model, number):
    """The events of /messages with "stream": true."""
    usage = reply.usage
    counted = {
        "input_tokens": usage.prompt - usage.cached - usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation_input_tokens": usage.cache_written,
        "output_tokens": 1,
    }
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "content": []}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": counted}}
    if reply.tool:
        name, arguments = reply.tool
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(arguments)}]
    else:
        block = {"type": "text", "text": ""}
        deltas = ({"type": "text_delta", "text": piece} for piece in pieces(reply))
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    stop = "tool_use" if reply.tool else "end_turn"
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": usage.completion}}
    yield {"type": "message_stop"}


def pieces(reply):
    """The answer in pieces: one, or forty for a slow stream."""
    return [f"word{i} " for i in range(40)] if "slow" in reply.tags else [reply.text]
