// SPDX-License-Identifier: GPL-3.0-or-later
//! A client of a started `octally mcp`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Nothing takes so long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A started server.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<Value>,
    reader: Option<JoinHandle<()>>,
    last_id: u64,
}

impl Client {
    /// Starts it in the sandbox; nothing is said yet.
    pub fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut child = sandbox
            .command(&[&["mcp"], args].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).expect("a line of JSON");
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            lines,
            reader: Some(reader),
            last_id: 0,
        }
    }

    /// The same, and says hello as clients of the first era do.
    pub fn begin(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut client = Self::start(sandbox, args);
        let hello = json!({
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        client.call("initialize", hello);
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    pub fn send(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    /// The next line of any kind.
    pub fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("no line came")
    }

    /// A request; what else comes before its answer is passed over.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let answer = self.next();
            if answer["id"] == id {
                return answer;
            }
        }
    }

    /// Calls a tool that must answer, in both forms alike.
    pub fn tool(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self.call("tools/call", json!({"name": name, "arguments": arguments}));
        let result = &answer["result"];
        assert_eq!(result["isError"], false, "{answer}");
        let text = result["content"][0]["text"].as_str().unwrap();
        let text: Value = serde_json::from_str(text).unwrap();
        assert_eq!(text, result["structuredContent"]);
        text
    }

    /// Calls a tool that must refuse, and returns why.
    pub fn refusal(&mut self, name: &str, arguments: Value) -> String {
        let answer = self.call("tools/call", json!({"name": name, "arguments": arguments}));
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .into()
    }

    /// Reads a resource that must be there.
    pub fn resource(&mut self, uri: &str) -> Value {
        let answer = self.call("resources/read", json!({"uri": uri}));
        let contents = &answer["result"]["contents"][0];
        assert_eq!(contents["mimeType"], "application/json", "{answer}");
        serde_json::from_str(contents["text"].as_str().unwrap()).unwrap()
    }

    /// The names that complete the beginning of one.
    pub fn complete(&mut self, of: Value, argument: &str, value: &str) -> Vec<String> {
        let params = json!({"ref": of, "argument": {"name": argument, "value": value}});
        let answer = self.call("completion/complete", params);
        serde_json::from_value(answer["result"]["completion"]["values"].clone()).unwrap()
    }

    /// Closes its input, and returns how it ended and what it said on stderr.
    pub fn end(mut self) -> (i32, String) {
        drop(self.stdin.take());
        self.wait()
    }

    /// Stops listening first, then says something more.
    pub fn vanish(mut self) -> (i32, String) {
        let ping = json!({"jsonrpc": "2.0", "id": "last", "method": "ping"});
        drop(std::mem::replace(&mut self.lines, mpsc::channel().1));
        // The reader finds nobody to give this answer to, and closes the pipe.
        self.send(&ping);
        self.reader.take().unwrap().join().unwrap();
        self.send(&ping);
        self.wait()
    }

    fn wait(mut self) -> (i32, String) {
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), stderr)
    }
}
