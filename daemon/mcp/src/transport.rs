// SPDX-License-Identifier: GPL-3.0-or-later
//! Messages as lines: reads them with a limit, answers what is no message, and lets only so many
//! requests in at a time.
//!
//! One bad line costs only itself. A client that floods is read no faster than it is answered, and one
//! that does not read its answers is not read either, so memory stays bounded.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ErrorData, JsonRpcMessage, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

/// The longest line that is read, bytes: a thousand times what any request needs.
const MAX_LINE_BYTES: usize = 1 << 20;
/// So many requests are worked on at once; the next is read when one is answered.
const MAX_REQUESTS: usize = 64;
/// So many lines wait to be written.
const MAX_WAITING_LINES: usize = 64;
/// How long a client that is about to go may take to read its last answers.
const FAREWELL: Duration = Duration::from_secs(2);

/// One message a line in both directions.
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// The line is over the limit: everything up to its end is left out.
    is_skipping: bool,
    /// The rest of a batch.
    batch: VecDeque<Value>,
    /// An error that is yet to be sent.
    complaint: Option<Vec<u8>>,
    /// Whether the client has asked for anything yet; the protocol begins with a request.
    has_begun: bool,
    requests: Arc<Requests>,
    end: watch::Sender<bool>,
    output: Option<mpsc::Sender<Vec<u8>>>,
    writing: Option<JoinHandle<()>>,
}

/// What came out of the stream.
enum Line {
    Whole,
    TooLong,
    End,
}

impl<R: AsyncRead + Send + Unpin> Lines<R> {
    /// Reads `input` and writes to `output`, each from now on. `end` becomes true when nothing more
    /// is read.
    pub fn new<W: AsyncWrite + Send + Unpin + 'static>(
        input: R,
        output: W,
        end: watch::Sender<bool>,
    ) -> Self {
        let (sender, lines) = mpsc::channel(MAX_WAITING_LINES);
        let requests = Arc::<Requests>::default();
        let writing = tokio::spawn(write(output, lines, Arc::clone(&requests)));
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            is_skipping: false,
            batch: VecDeque::new(),
            complaint: None,
            has_begun: false,
            requests,
            end,
            output: Some(sender),
            writing: Some(writing),
        }
    }

    /// The next line into `self.line`. Safe to cancel: what was read stays there. The last one may lack its
    /// line break, as from a script that writes its requests and closes the pipe.
    async fn next_line(&mut self) -> io::Result<Line> {
        loop {
            let available = self.input.fill_buf().await?;
            if available.is_empty() {
                let was_skipping = std::mem::take(&mut self.is_skipping);
                return Ok(match (was_skipping, self.line.is_empty()) {
                    (true, _) => Line::TooLong,
                    (false, false) => Line::Whole,
                    (false, true) => Line::End,
                });
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let read = end.map_or(available.len(), |at| at + 1);
            if self.line.len() + read > MAX_LINE_BYTES {
                self.is_skipping = true;
                self.line.clear();
            }
            if !self.is_skipping {
                self.line.extend_from_slice(&available[..read]);
            }
            self.input.consume(read);
            if end.is_some() {
                let was_skipping = std::mem::take(&mut self.is_skipping);
                return Ok(if was_skipping {
                    Line::TooLong
                } else {
                    Line::Whole
                });
            }
        }
    }

    /// Sends the error that waits, if one does. Safe to cancel.
    async fn complain(&mut self) -> Option<()> {
        if self.complaint.is_some() {
            let permit = self.output.as_ref()?.reserve().await.ok()?;
            if let Some(line) = self.complaint.take() {
                permit.send(line);
            }
        }
        Some(())
    }

    /// The next message for the server; `None` when there are no more. Safe to cancel.
    async fn next_message(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            self.complain().await?;
            let is_open = self.requests.room().await;
            if !is_open {
                return None;
            }
            let parsed = match self.batch.pop_front() {
                Some(value) => parse_value(value),
                None => {
                    let requests = Arc::clone(&self.requests);
                    let line = tokio::select! {
                        line = self.next_line() => line.ok()?,
                        () = requests.closed() => return None,
                    };
                    match line {
                        Line::End => return None,
                        Line::TooLong => Err(too_long()),
                        Line::Whole => parse(&std::mem::take(&mut self.line)),
                    }
                }
            };
            if let Some(message) = self.understand(parsed) {
                return Some(message);
            }
        }
    }

    /// What the line, or the next message of a batch, says; `None` where that is nothing for the server.
    fn understand(&mut self, parsed: Result<Parsed, Refusal>) -> Option<ClientJsonRpcMessage> {
        let message = match parsed {
            Ok(Parsed::Message(message)) => *message,
            Ok(Parsed::Batch(messages)) => {
                self.batch = messages.into();
                return None;
            }
            Ok(Parsed::Nothing) => return None,
            Err(refusal) => {
                let error = ServerJsonRpcMessage::error(refusal.error, refusal.id);
                self.complaint = line_of(&error).ok();
                return None;
            }
        };
        match &message {
            JsonRpcMessage::Request(request) => {
                self.has_begun = true;
                if !self.requests.begin(request.id.clone()) {
                    self.complaint = line_of(&still_open(&request.id)).ok();
                    return None;
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.requests.end(id);
                }
            }
            _ => {}
        }
        self.has_begun.then_some(message)
    }
}

impl<R: AsyncRead + Send + Unpin + 'static> Transport<RoleServer> for Lines<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        match &item {
            JsonRpcMessage::Response(response) => self.requests.end(&response.id),
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.requests.end(id);
                }
            }
            _ => {}
        }
        let (line, output) = (line_of(&item), self.output.clone());
        async move {
            let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
            let output = output.ok_or_else(gone)?;
            output.send(line?).await.map_err(|_| gone())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let message = self.next_message().await;
        if message.is_none() {
            self.end.send_replace(true);
        }
        message
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output = None;
        if let Some(mut writing) = self.writing.take()
            && tokio::time::timeout(FAREWELL, &mut writing).await.is_err()
        {
            writing.abort();
        }
        Ok(())
    }
}

/// The requests that are being answered.
#[derive(Default)]
struct Requests {
    open: Mutex<Open>,
    changed: Notify,
}

#[derive(Default)]
struct Open {
    ids: HashSet<RequestId>,
    is_closed: bool,
}

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no other request of that id is open.
    fn begin(&self, id: RequestId) -> bool {
        self.lock().ids.insert(id)
    }

    fn end(&self, id: &RequestId) {
        self.lock().ids.remove(id);
        self.changed.notify_waiters();
    }

    /// Nobody reads answers any more.
    fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_waiters();
    }

    /// Waits until another request may come in; false: nobody would read its answer.
    async fn room(&self) -> bool {
        self.until(|open| {
            (open.is_closed || open.ids.len() < MAX_REQUESTS).then_some(!open.is_closed)
        })
        .await
    }

    async fn closed(&self) {
        self.until(|open| open.is_closed.then_some(())).await
    }

    async fn until<T>(&self, met: impl Fn(&Open) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(value) = met(&self.lock()) {
                return value;
            }
            changed.await;
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(
    mut output: W,
    mut lines: mpsc::Receiver<Vec<u8>>,
    requests: Arc<Requests>,
) {
    while let Some(line) = lines.recv().await {
        let written = async {
            output.write_all(&line).await?;
            output.flush().await
        };
        if written.await.is_err() {
            break;
        }
    }
    requests.close();
}

fn line_of(message: &ServerJsonRpcMessage) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

/// What a line says.
enum Parsed {
    Message(Box<ClientJsonRpcMessage>),
    Batch(Vec<Value>),
    /// An empty line, or a notification that this server does not know.
    Nothing,
}

/// Why a line is no message.
struct Refusal {
    error: ErrorData,
    id: Option<RequestId>,
}

/// Two answers of one id could not be told apart, so this error has none.
fn still_open(id: &RequestId) -> ServerJsonRpcMessage {
    let what = format!("a request of the id {id} is not answered yet: use another one");
    ServerJsonRpcMessage::error(ErrorData::invalid_request(what, None), None)
}

fn too_long() -> Refusal {
    let what = format!("the line is longer than {MAX_LINE_BYTES} bytes and was not read");
    Refusal {
        error: ErrorData::invalid_request(what, None),
        id: None,
    }
}

fn parse(line: &[u8]) -> Result<Parsed, Refusal> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Ok(Parsed::Nothing);
    }
    if let Ok(message) = serde_json::from_slice::<ClientJsonRpcMessage>(line) {
        return Ok(Parsed::Message(Box::new(message)));
    }
    let value = serde_json::from_slice(line).map_err(|error| Refusal {
        error: ErrorData::parse_error(format!("the line is not JSON: {error}"), None),
        id: None,
    })?;
    match value {
        // The revision 2025-03-26 has batches.
        Value::Array(messages) if !messages.is_empty() => Ok(Parsed::Batch(messages)),
        value => parse_value(value),
    }
}

fn parse_value(value: Value) -> Result<Parsed, Refusal> {
    let id = value
        .get("id")
        .and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok());
    let has_id = value.get("id").is_some();
    let is_notification = value.get("method").is_some_and(Value::is_string) && !has_id;
    match serde_json::from_value(value) {
        Ok(message) => Ok(Parsed::Message(Box::new(message))),
        Err(_) if is_notification => Ok(Parsed::Nothing),
        Err(_) => {
            let what = "not a JSON-RPC 2.0 message: it needs \"jsonrpc\": \"2.0\", a \"method\" and, \
                        where an answer is wanted, an \"id\" that is a string or a whole number";
            Err(Refusal {
                error: ErrorData::invalid_request(what, None),
                id,
            })
        }
    }
}
