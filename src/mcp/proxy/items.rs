//! Prompts, resources and templates of all servers under unique names, and where a name leads.
//!
//! Prompts are named as tools are. A resource keeps its URI, which its content may refer to; where
//! two servers have the same, the first by name keeps it and the others' are seen as
//! `groundwire://SERVER/URI`, which always leads to that server. A URI that nobody lists goes to
//! the first server with a template that fits it, or else to the only one that has resources.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use regex::Regex;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ClientRequest;
use rmcp::model::CompleteRequest;
use rmcp::model::CompleteRequestParams;
use rmcp::model::CompleteResult;
use rmcp::model::ErrorCode;
use rmcp::model::GetPromptRequest;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::GetPromptResponse;
use rmcp::model::Prompt;
use rmcp::model::ReadResourceRequest;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::ReadResourceResponse;
use rmcp::model::Reference;
use rmcp::model::Resource;
use rmcp::model::ResourceContents;
use rmcp::model::ResourceTemplate;
use rmcp::model::ResultType;
use rmcp::model::ServerResult;
use rmcp::service::RequestContext;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Caller;
use crate::domain::classify::Classified;
use crate::domain::elicitation::Given;
use crate::domain::outcome::Outcome;
use crate::engine::call::may_call;
use crate::engine::fingerprint::digest;
use crate::mcp::asking_call::returned as given_back;
use crate::mcp::catalog::unique;
use crate::mcp::pass_through::Listed;
use crate::mcp::pass_through::Missing;
use crate::mcp::pass_through::Offered;
use crate::mcp::proxy::Names;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::not_made;
use crate::mcp::proxy::refused;
use crate::mcp::proxy::tools::named;
use crate::mcp::proxy::tools::provenance;
use crate::mcp::proxy::tools::with;
use crate::mcp::proxy::while_reading::Obtained;
use crate::mcp::upstream::Upstream;

/// Longest template, and longest URI, that are held against each other.
const TEMPLATE_BYTES: usize = 2 * 1024;
const URI_BYTES: usize = 16 * 1024;

/// What a URI of ours begins with.
const OURS: &str = "groundwire://";

/// One thing of a server under our name.
pub(super) struct Shown<T> {
    server: String,
    /// Its name or URI at the server.
    original: String,
    pub(super) item: T,
}

impl Proxy {
    /// What servers offer of a kind, asked for in a place of its own.
    async fn offered<T: Listed>(&self, caller: &Caller) -> Result<Offered<T>, ErrorData> {
        let _place = self.engine.place_for_client().await.map_err(not_made)?;
        Ok(self.hub.offered::<T>(caller).await)
    }

    pub(super) async fn prompts(&self, caller: &Caller) -> Result<(Vec<Shown<Prompt>>, Vec<Missing>), ErrorData> {
        let Offered { by_server, missing } = self.offered::<Prompt>(caller).await?;
        let mut taken = HashSet::new();
        let mut shown = Vec::new();
        for (server, prompts) in by_server {
            for mut item in prompts {
                let original = item.name.clone();
                if self.names == Names::Qualified {
                    item.name = unique(&server, &original, &mut taken).to_string();
                }
                shown.push(Shown { server: server.clone(), original, item });
            }
        }
        Ok((shown, missing))
    }

    pub(super) async fn resources(&self, caller: &Caller) -> Result<(Vec<Shown<Resource>>, Vec<Missing>), ErrorData> {
        Ok(apart(self.offered(caller).await?, |resource: &mut Resource| &mut resource.uri))
    }

    pub(super) async fn templates(
        &self,
        caller: &Caller,
    ) -> Result<(Vec<Shown<ResourceTemplate>>, Vec<Missing>), ErrorData> {
        Ok(apart(self.offered(caller).await?, |template: &mut ResourceTemplate| &mut template.uri_template))
    }

    pub(super) async fn fill_prompt(
        &self,
        caller: &Caller,
        request: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        may_call(caller).map_err(not_made)?;
        let (server, original) = self.prompt(caller, &request.name).await?;
        let what = named(&server, "prompts/get", json!({ "name": original, "arguments": request.arguments }));
        let returned = (request.request_state, request.input_responses);
        let mut params = GetPromptRequestParams::new(original);
        params.arguments = request.arguments;
        let request = |given: &Given| {
            let mut params = params.clone();
            (params.input_responses, params.request_state) = given_back(given);
            ClientRequest::GetPromptRequest(GetPromptRequest::new(params))
        };
        let take = |answer| if let ServerResult::GetPromptResult(result) = answer { Some(result) } else { None };
        let (record, mut result) = match self.obtain(caller, what, returned, request, take, context).await? {
            Obtained::Answer(record, result) => (record, result),
            Obtained::Question(question) => return Ok(question.into()),
        };
        // Servers of older revisions do not say it, newer clients want it; for older ones it is taken out again.
        result.result_type = Some(ResultType::COMPLETE);
        let meta = result.meta.take().map(|meta| Value::Object(meta.0));
        result.meta = Some(with(meta, provenance(&record, record.finished_at)));
        Ok(result.into())
    }

    pub(super) async fn read(
        &self,
        caller: &Caller,
        request: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        may_call(caller).map_err(not_made)?;
        let uri = request.uri.as_str();
        let (server, original) = self.owner(caller, uri).await?;
        let what = named(&server, "resources/read", json!({ "uri": original }));
        let returned = (request.request_state.clone(), request.input_responses.clone());
        let request = |given: &Given| {
            let mut params = ReadResourceRequestParams::new(original.clone());
            (params.input_responses, params.request_state) = given_back(given);
            ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params))
        };
        let take = |answer| if let ServerResult::ReadResourceResult(result) = answer { Some(result) } else { None };
        let obtained = self.obtain(caller, what, returned, request, take, context).await;
        let obtained = obtained.map_err(|error| match error.code {
            ErrorCode::RESOURCE_NOT_FOUND => not_found(uri),
            // So does a server of the era without sessions say it.
            ErrorCode::INVALID_PARAMS => ErrorData { data: Some(json!({ "uri": uri })), ..error },
            _ => error,
        })?;
        let (record, mut result) = match obtained {
            Obtained::Answer(record, result) => (record, result),
            Obtained::Question(question) => return Ok(question.into()),
        };
        for content in &mut result.contents {
            match content {
                ResourceContents::TextResourceContents { uri: told, .. }
                | ResourceContents::BlobResourceContents { uri: told, .. }
                    if *told == original =>
                {
                    uri.clone_into(told);
                }
                _ => {}
            }
        }
        // Servers of older revisions do not say it, newer clients want it; for older ones it is taken out again.
        result.result_type = Some(ResultType::COMPLETE);
        let meta = result.meta.take().map(|meta| Value::Object(meta.0));
        result.meta = Some(with(meta, provenance(&record, record.finished_at)));
        Ok(result.into())
    }

    pub(super) async fn completed(
        &self,
        caller: &Caller,
        mut request: CompleteRequestParams,
        cancel: &CancellationToken,
    ) -> Result<CompleteResult, ErrorData> {
        may_call(caller).map_err(not_made)?;
        let server = match &mut request.r#ref {
            Reference::Prompt(prompt) => {
                let (server, original) = self.prompt(caller, &prompt.name).await?;
                prompt.name = original;
                server
            }
            Reference::Resource(template) => {
                let (server, original) = self.owner(caller, &template.uri).await?;
                template.uri = original;
                server
            }
            _ => return Ok(CompleteResult::default()),
        };
        let upstream = self.upstream(caller, &server).await?;
        if !upstream.offers(|can| can.completions.is_some()).await.map_err(refused)? {
            return Ok(CompleteResult::default());
        }
        request.meta = None;
        let _place = self.engine.place_for_client().await.map_err(not_made)?;
        let request = ClientRequest::CompleteRequest(CompleteRequest::new(request));
        match upstream.request(request, None, cancel).await.map_err(refused)? {
            ServerResult::CompleteResult(mut result) => {
                result.result_type = Some(ResultType::COMPLETE);
                Ok(result)
            }
            _ => Err(refused(upstream.unexpected())),
        }
    }

    /// A server for this caller.
    pub(super) async fn upstream(&self, caller: &Caller, server: &str) -> Result<Arc<Upstream>, ErrorData> {
        let found = self.hub.upstream(caller, server).await.ok_or_else(|| nowhere("server", server, &[]))?;
        found.map_err(refused)
    }

    /// The server of a prompt and its name there.
    async fn prompt(&self, caller: &Caller, name: &str) -> Result<(String, String), ErrorData> {
        let (prompts, missing) = self.prompts(caller).await?;
        let found = prompts.into_iter().find(|prompt| prompt.item.name == name);
        found.map(|prompt| (prompt.server, prompt.original)).ok_or_else(|| nowhere("prompt", name, &missing))
    }

    /// The server of a resource or of a template, and its URI there.
    pub(super) async fn owner(&self, caller: &Caller, uri: &str) -> Result<(String, String), ErrorData> {
        if let Some((server, original)) = uri.strip_prefix(OURS).and_then(|rest| rest.split_once('/'))
            && self.hub.upstream(caller, server).await.is_some()
        {
            return Ok((server.to_owned(), original.to_owned()));
        }
        let mut offering = Vec::new();
        let mut down = Vec::new();
        for (name, upstream) in self.hub.upstreams(caller).await {
            match upstream {
                Ok(upstream) => match upstream.offers(Resource::offered).await {
                    Ok(true) => offering.push(name.to_owned()),
                    Ok(false) => {}
                    Err(_) => down.push(name.to_owned()),
                },
                Err(_) => down.push(name.to_owned()),
            }
        }
        if let ([only], []) = (offering.as_slice(), down.as_slice()) {
            return Ok((only.clone(), uri.to_owned()));
        }
        let (resources, missing) = self.resources(caller).await?;
        if !missing.is_empty() {
            // It may be theirs; what another server has under the same address is something else.
            let message = format!(
                "not available now: {}; until they are, address a resource as {OURS}SERVER/URI",
                named_all(&missing)
            );
            return Err(ErrorData::internal_error(message, None));
        }
        if let Some(found) = resources.into_iter().find(|resource| resource.original == uri) {
            return Ok((found.server, found.original));
        }
        let (templates, _) = self.templates(caller).await?;
        let wanted = uri.to_owned();
        // There may be thousands of them, as servers like it.
        let looking = tokio::task::spawn_blocking(move || {
            let fits = |shown: &Shown<ResourceTemplate>| shown.original == wanted || fits(&shown.original, &wanted);
            templates.into_iter().find(fits).map(|template| template.server)
        });
        let found = looking.await.ok().flatten();
        found.map(|server| (server, uri.to_owned())).ok_or_else(|| not_found(uri))
    }
}

/// Gives each thing a URI that no server before has.
fn apart<T>(offered: Offered<T>, uri: impl Fn(&mut T) -> &mut String) -> (Vec<Shown<T>>, Vec<Missing>) {
    let Offered { by_server, missing } = offered;
    let mut owners: HashMap<String, String> = HashMap::new();
    let mut shown = Vec::new();
    for (server, items) in by_server {
        for mut item in items {
            let seen = uri(&mut item);
            let original = seen.clone();
            let owner = owners.entry(original.clone()).or_insert_with(|| server.clone());
            if *owner != server || original.starts_with(OURS) {
                *seen = format!("{OURS}{server}/{original}");
            }
            shown.push(Shown { server: server.clone(), original, item });
        }
    }
    (shown, missing)
}

/// Whether a URI could come of a template: `{name}` stands for one part, `{+name}` and other
/// operators for any text.
fn fits(template: &str, uri: &str) -> bool {
    let before = template.split('{').next().unwrap_or_default();
    if template.len() > TEMPLATE_BYTES || uri.len() > URI_BYTES || !uri.starts_with(before) {
        return false;
    }
    let mut pattern = "^".to_owned();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((expression, behind)) = after.split_once('}') else { return false };
        pattern.push_str(&regex::escape(before));
        let plain = expression.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        pattern.push_str(if plain { "[^/]+" } else { ".*" });
        rest = behind;
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(uri))
}

/// What is written down of an answer: that there was one, and its digest.
pub(super) fn obtained<T: Serialize>(answer: &T) -> (Classified, String) {
    let found = Classified {
        content: Value::Null.into(),
        outcome: Outcome::Ok,
        page: None,
        rows: None,
        total: None,
        error: None,
        observed_at: None,
    };
    (found, digest(&serde_json::to_vec(answer).unwrap_or_default()))
}

pub(super) fn not_found(uri: &str) -> ErrorData {
    let shown: String = uri.chars().take(200).collect();
    ErrorData::resource_not_found(format!("no resource {shown}"), Some(json!({ "uri": shown })))
}

/// The names of servers that are missing.
fn named_all(missing: &[Missing]) -> String {
    missing.iter().map(|missing| missing.server.as_str()).collect::<Vec<_>>().join(", ")
}

fn nowhere(what: &str, name: &str, missing: &[Missing]) -> ErrorData {
    let shown: String = name.chars().take(80).collect();
    let mut text = format!("no {what} {shown}");
    if !missing.is_empty() {
        text.push_str(&format!("; not available now: {}, so theirs are missing", named_all(missing)));
    }
    ErrorData::invalid_params(text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(lists: &[(&str, &[&str])]) -> Offered<Resource> {
        let by_server = lists.iter().map(|(server, uris)| {
            let resources = uris.iter().map(|uri| Resource::new(*uri, "r")).collect();
            ((*server).to_owned(), resources)
        });
        Offered { by_server: by_server.collect(), missing: Vec::new() }
    }

    #[test]
    fn the_first_server_keeps_a_uri_that_several_have() {
        let lists: [(&str, &[&str]); 2] = [("a", &["x://1", "x://2"]), ("b", &["x://2", "x://3", "groundwire://a/x"])];
        let (shown, _) = apart(offered(&lists), |resource| &mut resource.uri);
        let uris: Vec<&str> = shown.iter().map(|one| one.item.uri.as_str()).collect();
        assert_eq!(uris, ["x://1", "x://2", "groundwire://b/x://2", "x://3", "groundwire://b/groundwire://a/x"]);
    }

    #[test]
    fn a_uri_fits_the_template_that_it_could_come_of() {
        assert!(fits("test://template/{id}/data", "test://template/12/data"));
        assert!(!fits("test://template/{id}/data", "test://template/1/2/data"));
        assert!(fits("file:///{+path}", "file:///a/b/c"));
        assert!(!fits("file:///{path", "file:///a"));
        assert!(!fits("a.b/{x}", "a_b/1"));
        let long = "x".repeat(TEMPLATE_BYTES);
        assert!(fits(&long[3..], &long[3..]) && fits(&format!("{}{{y}}", &long[3..]), &long));
        assert!(!fits(&format!("{long}{{y}}"), &format!("{long}y")));
        assert!(!fits("a/{+x}", &format!("a/{}", "b".repeat(URI_BYTES))));
    }
}
