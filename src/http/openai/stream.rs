//! A turn as a stream of chat completion chunks, in the order that clients rely on: role,
//! progress, content, finish reason, usage if asked for, `[DONE]`. A turn that fails on
//! the way ends in an error event and a closed stream.

use std::collections::VecDeque;

use axum::response::Response;
use axum::response::sse::Event;
use futures::StreamExt;
use futures::stream;
use serde_json::Value;

use crate::config::openai::Progress;
use crate::domain::event::TurnEvent;
use crate::engine::journal::JournalReader;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::openai::progress;
use crate::http::openai::types::ChatChunk;
use crate::http::openai::types::ChatUsage;
use crate::http::openai::types::ChunkChoice;
use crate::http::openai::types::Delta;
use crate::http::openai::types::Extra;
use crate::http::sse;
use crate::http::start::Started;

/// How a stream is written.
pub struct Settings {
    /// The model asked for.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Whether the usage chunk was asked for.
    pub include_usage: bool,
    /// How progress is shown.
    pub progress: Progress,
}

/// The response. Dropping it before its end cancels the turn.
pub fn respond(started: Started, settings: Settings) -> Response {
    let reader = started.turn.journal.read(0);
    let first = Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() };
    let mut writer =
        Writer { id: format!("chatcmpl-{}", started.turn.id), started, settings, waiting: VecDeque::new() };
    writer.delta(first, None, None);
    let events = stream::unfold((reader, writer), |(mut reader, mut writer)| async move {
        let event = next(&mut reader, &mut writer).await?;
        Some((Ok(event), (reader, writer)))
    });
    sse::respond(events.boxed())
}

async fn next(reader: &mut JournalReader, writer: &mut Writer) -> Option<Event> {
    loop {
        if let Some(event) = writer.waiting.pop_front() {
            return Some(event);
        }
        let entry = reader.next().await?;
        writer.take(&entry.event);
    }
}

/// Turns events into chunks.
struct Writer {
    id: String,
    started: Started,
    settings: Settings,
    waiting: VecDeque<Event>,
}

impl Writer {
    fn take(&mut self, event: &TurnEvent) {
        if let Some(line) = progress::line(event) {
            self.progress(line);
        }
        match event {
            TurnEvent::AnswerText { text } => {
                self.delta(Delta { content: Some(text.clone()), ..Delta::default() }, None, None);
            }
            TurnEvent::AnswerFinished { usage, .. } => self.finish(ChatUsage::from(usage)),
            TurnEvent::TurnFailed { code, message } => {
                self.error(&ApiError::of_failed_turn(self.started.turn.id, code, message));
            }
            TurnEvent::TurnCancelled {} => {
                self.error(&ApiError::plain(Code::TurnCancelled).turn(self.started.turn.id));
            }
            _ => {}
        }
    }

    fn progress(&mut self, line: String) {
        match self.settings.progress {
            Progress::Reasoning => {
                let text = format!("{line}\n");
                let delta = Delta { reasoning_content: Some(text.clone()), reasoning: Some(text), ..Delta::default() };
                self.delta(delta, None, None);
            }
            // A line break would end the comment.
            Progress::Comments => self.waiting.push_back(Event::default().comment(line.replace(['\n', '\r'], " "))),
            Progress::Off => {}
        }
    }

    fn finish(&mut self, usage: ChatUsage) {
        let extra = self.started.turn.journal.record().map(|record| Extra::from(&*record));
        self.delta(Delta::default(), Some("stop"), extra.clone());
        if self.settings.include_usage {
            self.chunk(Vec::new(), Some(usage), extra);
        }
        self.waiting.push_back(Event::default().data("[DONE]"));
    }

    fn delta(&mut self, delta: Delta, finish_reason: Option<&'static str>, groundwire: Option<Extra>) {
        self.chunk(vec![ChunkChoice { index: 0, delta, logprobs: None, finish_reason }], None, groundwire);
    }

    fn chunk(&mut self, choices: Vec<ChunkChoice>, usage: Option<ChatUsage>, groundwire: Option<Extra>) {
        let chunk = ChatChunk {
            id: self.id.clone(),
            object: "chat.completion.chunk",
            created: self.settings.created,
            model: self.settings.model.clone(),
            choices,
            usage,
            groundwire,
        };
        let text = serde_json::to_string(&chunk).expect("chunks hold nothing that JSON cannot say");
        self.waiting.push_back(Event::default().data(text));
    }

    fn error(&mut self, error: &ApiError) {
        let body: Value = error.openai_body();
        self.waiting.push_back(Event::default().event("error").data(body.to_string()));
    }
}
