//! What a server asks before it fills a prompt or shows a resource, put to the client's user as for
//! tools: while the request waits, or as its result, which is kept in the store until the request is sent
//! again with the answers. The server's request is over meanwhile, as in MCP 2026-07-28 ("Input required
//! results"), and is made again; a server with sessions then asks the same and is answered at once.

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ClientRequest;
use rmcp::model::InputRequiredResult;
use rmcp::model::InputResponses;
use rmcp::model::ServerResult;
use rmcp::service::RequestContext;
use serde::Serialize;

use crate::domain::caller::Caller;
use crate::domain::elicitation::Asking;
use crate::domain::elicitation::FormAnswer;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::ROUNDS;
use crate::domain::event::AskedCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::Unasked;
use crate::engine::call::Before;
use crate::engine::call::CallError;
use crate::engine::record::LoneCall;
use crate::mcp::asks::asking_of;
use crate::mcp::pass_through::Asks;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::asks;
use crate::mcp::proxy::confirm::can_ask;
use crate::mcp::proxy::confirm::without_sessions;
use crate::mcp::proxy::items::obtained;
use crate::mcp::proxy::not_made;
use crate::mcp::proxy::refused;
use crate::mcp::proxy::tools::unasked;

/// What came of a request.
pub(super) enum Obtained<T> {
    /// Its answer, written down.
    Answer(LoneCall, T),
    /// What its server wants to know first.
    Question(InputRequiredResult),
}

impl Proxy {
    /// A request that changes nothing, to its answer or to what the client's user is asked. Each
    /// is written down before its answer is shown. `returned`: the state and the answers that came with it.
    pub(super) async fn obtain<T: Serialize>(
        &self,
        caller: &Caller,
        what: AskedCall,
        returned: (Option<String>, Option<InputResponses>),
        request: impl Fn(&Given) -> ClientRequest,
        take: impl Fn(ServerResult) -> Option<T>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Obtained<T>, ErrorData> {
        let mut upstream = self.upstream(caller, &what.server).await?;
        // Before an answer is claimed, so that none is used up by a request that is not made.
        let mut place = self.engine.place_for_client().await.map_err(not_made)?;
        let (mut given, mut before) = self.given(caller, &what, returned).await?;
        let often = || Unasked::Because(format!("it has asked {ROUNDS} times"));
        loop {
            let askable = can_ask(context);
            let fetched = async {
                let mut given = given.clone();
                for _ in 0..ROUNDS {
                    let asks = Some(Asks { given: &given, askable });
                    let asking = match upstream.request(request(&given), asks, &context.ct).await? {
                        ServerResult::InputRequiredResult(result) => asking_of(result),
                        answer => return take(answer).ok_or_else(|| upstream.unexpected()),
                    };
                    let why = match asking {
                        Ok(asking) if asking.forms.is_empty() => {
                            upstream.a_little_later().await;
                            given = Given { state: asking.state, answers: Vec::new(), ..given };
                            continue;
                        }
                        Ok(asking) if askable => {
                            return Err(ToolFailure::AsksUser {
                                server: what.server.clone(),
                                asking: Box::new(asking),
                            });
                        }
                        Ok(_) => Unasked::NoWay,
                        Err(reason) => Unasked::Because(reason),
                    };
                    return Err(upstream.unanswered(why, false));
                }
                Err(upstream.unanswered(often(), false))
            };
            let fetched = self.engine.fetch_for_client(caller, place, what.clone(), fetched, obtained).await;
            let (record, answer) = fetched.map_err(not_made)?;
            let asking = match answer {
                Ok(answer) => return Ok(Obtained::Answer(record, answer)),
                Err(ToolFailure::AsksUser { asking, .. }) => *asking,
                Err(failure) => return Err(refused(failure)),
            };
            if without_sessions(context) {
                let question = self.ask_later(caller, what, false, asking, before).await?;
                return question.map(Obtained::Question).map_err(|text| ErrorData::internal_error(text, None));
            }
            if before.round >= ROUNDS {
                return Err(refused(upstream.unanswered(often(), false)));
            }
            before.round += 1;
            let earlier = [given.earlier, given.answers].concat();
            given = Given { earlier, ..self.asked_now(caller, &what, asking, context).await? };
            upstream = self.upstream(caller, &what.server).await?;
            place = self.engine.place_for_client().await.map_err(not_made)?;
        }
    }

    /// The answers that came with a request: to what was asked about it before, or unasked.
    async fn given(
        &self,
        caller: &Caller,
        what: &AskedCall,
        (state, responses): (Option<String>, Option<InputResponses>),
    ) -> Result<(Given, Before), ErrorData> {
        let said = asks::said(responses)?;
        match asks::returned(state.as_deref())? {
            Some(question) => self.engine.answered_about(caller, question, what, said).await.map_err(not_made),
            None if state.is_some() => Err(asks::unknown_state()),
            None => Ok((unasked(said), Before::default())),
        }
    }

    /// Puts each form to the user of a client with a session, who is waited for.
    async fn asked_now(
        &self,
        caller: &Caller,
        what: &AskedCall,
        asking: Asking,
        context: &RequestContext<RoleServer>,
    ) -> Result<Given, ErrorData> {
        let _place = self.engine.place_to_ask(caller).ok_or_else(|| not_made(CallError::TooManyAsked))?;
        let mut given = Given { state: asking.state, ..Given::default() };
        for (key, form) in asking.forms {
            let said = self.put(context, what, &form).await;
            given.answers.push(FormAnswer { key, form: Some(form), said });
        }
        Ok(given)
    }
}
