# SPDX-License-Identifier: GPL-3.0-or-later
"""The language model of the tests: an HTTP server on the loopback that speaks two providers' APIs.

    python3 mock_provider.py --port 4010 --log requests.jsonl

POST /PROVIDER/v1/chat/completions (OpenAI) and /PROVIDER/v1/messages (Anthropic), streaming or not;
PROVIDER is the name under which OpenCode knows it. mock_replies.py says how a prompt steers it.

Every request becomes one line of the log, with the usage that was handed out: the truth against which
everything else is compared, written by nothing that is under test. A line has

    number, at_ms, provider, model, kind (answer, title, compaction), session, parent_session,
    status, delivered (the whole reply went out), tags, tokens {input, output, reasoning, cache_read, cache_write}
"""

import argparse
import collections
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mock_replies

PATH = re.compile(r"^/([^/]+)/v1/(chat/completions|messages)$")
SLOW_PIECE_S = 0.25


class MockProvider(ThreadingHTTPServer):
    """The server with its counter and its log. port 0 takes a free one; base_url() tells which."""

    daemon_threads = True

    def __init__(self, log_path, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.log_path = log_path
        self.lock = threading.Lock()
        self.number = 0
        self.seen_prompts = set()
        self.tool_results = []  # of every request that brought any: what a tool's answer was worth
        self.pieces_sent = collections.Counter()  # by session: tells a test that a slow answer is under way
        open(log_path, "w").close()

    def base_url(self, provider):
        """What OpenCode's configuration names as the provider's baseURL."""
        return f"http://127.0.0.1:{self.server_port}/{provider}/v1"

    def start(self):
        """Serves in a thread of its own until stop()."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def is_first_try(self, session, prompt):
        """Whether this prompt of this session comes for the first time."""
        with self.lock:
            first = (session, prompt) not in self.seen_prompts
            self.seen_prompts.add((session, prompt))
            return first

    def write_log(self, record):
        with self.lock, open(self.log_path, "a") as log:
            log.write(json.dumps(record) + "\n")


class Handler(BaseHTTPRequestHandler):
    """One request: decide the reply, send it, log what was handed out."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing on the terminal: the log is the file."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        match = PATH.match(self.path)
        if not match:
            return self.send_json(404, {"error": {"message": f"no such API: {self.path}"}})
        provider, api = match.groups()
        number = self.server.next_number()
        session = self.headers.get("x-session-id") or self.headers.get("x-session-affinity")
        reply = mock_replies.reply_to(body, number, lambda prompt: self.server.is_first_try(session, prompt))
        if results := mock_replies.tool_results(body["messages"]):
            self.server.tool_results.append(results)
        record = {
            "number": number,
            "at_ms": time.time_ns() // 1_000_000,
            "provider": provider,
            "model": body["model"],
            "kind": reply.kind,
            "session": session,
            "parent_session": self.headers.get("x-parent-session-id"),
            "status": reply.status,
            "delivered": False,
            "tags": sorted(reply.tags),
            "tokens": reply.usage.disjoint(),
        }
        self.answer(api, body, reply, record)

    def answer(self, api, body, reply, record):
        """Sends the reply. It is logged before its last byte goes out, so that whoever saw the end of
        the answer finds it in the log."""
        if reply.status != 200:
            self.server.write_log(record)
            self.send_json(reply.status, {"error": {"message": "mock error", "type": "mock_error"}})
        elif body.get("stream"):
            self.stream(api, body, reply, record)
        else:
            self.server.write_log({**record, "delivered": True})
            self.send_json(200, whole_answer(api, body, reply, record["number"]))

    def stream(self, api, body, reply, record):
        """Server-sent events; a client that goes away in the middle leaves delivered false."""
        form = mock_replies.anthropic_events if api == "messages" else mock_replies.openai_chunks
        *events, last = form(reply, body["model"], record["number"])
        self.start_reply(200, "text/event-stream")
        try:
            for event in events:
                self.send_event(api, event, reply)
                self.server.pieces_sent[record["session"]] += 1
        except (BrokenPipeError, ConnectionResetError):
            self.server.write_log(record)
            return
        self.server.write_log({**record, "delivered": True})
        self.send_event(api, last, reply)
        if api != "messages":
            self.wfile.write(b"data: [DONE]\n\n")

    def send_event(self, api, event, reply):
        name = f"event: {event['type']}\n" if api == "messages" else ""
        self.wfile.write(f"{name}data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()
        if "slow" in reply.tags:
            time.sleep(SLOW_PIECE_S)

    def start_reply(self, status, content_type):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def send_json(self, status, value):
        self.start_reply(status, "application/json")
        self.wfile.write(json.dumps(value).encode())


def whole_answer(api, body, reply, number):
    """The reply without streaming."""
    usage, model = reply.usage, body["model"]
    if api == "messages":
        *_, delta, _ = events = list(mock_replies.anthropic_events(reply, model, number))
        message = events[0]["message"]
        content = [{"type": "text", "text": reply.text}]
        return {**message, "content": content, "stop_reason": "end_turn", "usage": {**message["usage"], **delta["usage"]}}
    choice = {"index": 0, "message": {"role": "assistant", "content": reply.text}, "finish_reason": "stop"}
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": model}
    return {**head, "choices": [choice], "usage": mock_replies.openai_usage(usage)}


def main():
    parser = argparse.ArgumentParser(description="mock language model provider")
    parser.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
    parser.add_argument("--log", required=True, help="file that gets one JSON line per request")
    arguments = parser.parse_args()
    provider = MockProvider(arguments.log, arguments.port)
    print(f"listening on http://127.0.0.1:{provider.server_port}", flush=True)
    provider.serve_forever()


if __name__ == "__main__":
    main()
