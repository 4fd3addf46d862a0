// SPDX-License-Identifier: GPL-3.0-or-later
//! The protocol's requests, each handed to whoever can answer it.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CustomRequest,
    CustomResult, ErrorCode, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ResourceContents, ServerCapabilities, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use tokio::sync::watch;

use crate::announce::Subscriptions;
use crate::complete;
use crate::desk::Desk;
use crate::resources::{self, Address};
use crate::trouble::Trouble;
use crate::{prompts, tools};

const INSTRUCTIONS: &str = "\
What OpenCode used on this machine: tokens and cost by day, model, provider, project and session, read \
from OpenCode's own records. Nothing here changes anything, and prompts and replies are never read. \
Costs come as billed_usd (what OpenCode stored) and estimated_usd (list price of what it stored at 0, as \
with subscriptions); null is unknown, not 0.";

/// The requests that the protocol has, to tell a wrong parameter from a wrong name.
const METHODS: [&str; 13] = [
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
];

/// Answers one client.
#[derive(Clone)]
pub struct Server {
    desk: Desk,
    subscriptions: Subscriptions,
    /// Whether nothing more comes from the client.
    ended: watch::Receiver<bool>,
}

impl Server {
    /// For whoever asks `desk`, until `ended` is true.
    pub fn new(desk: Desk, ended: watch::Receiver<bool>) -> Self {
        Self {
            desk,
            subscriptions: Subscriptions::default(),
            ended,
        }
    }

    /// Who wants to hear of what.
    pub fn subscriptions(&self) -> Subscriptions {
        self.subscriptions.clone()
    }

    fn capabilities() -> ServerCapabilities {
        ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_completions()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .build()
    }
}

/// Waits for an answer as long as the client does.
async fn until_cancelled<T>(
    context: &RequestContext<RoleServer>,
    answer: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    tokio::select! {
        answer = answer => answer,
        () = context.ct.cancelled() => Err(Trouble::Ended),
    }
}

/// Whether the client began with `initialize`.
fn is_first_era(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_none_or(|version| version.as_str() < ProtocolVersion::V_2026_07_28.as_str())
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let name = Implementation::new("octally", env!("CARGO_PKG_VERSION")).with_title("Octally");
        ServerConfig::new(Self::capabilities())
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call = tools::call(&self.desk, &request.name, request.arguments);
        let result = until_cancelled(&context, call).await?;
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let list = until_cancelled(&context, resources::list(&self.desk)).await?;
        if is_first_era(&context) {
            self.subscriptions.has_list(context.peer, &list);
        }
        Ok(ListResourcesResult::with_all_items(list))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let text = match Address::parse(&request.uri) {
            Ok(address) => until_cancelled(&context, resources::text(&self.desk, address)).await,
            Err(trouble) => Err(trouble),
        };
        let text = text.map_err(of_resource)?;
        let contents = ResourceContents::text(text, request.uri).with_mime_type("application/json");
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let peer = context.peer.clone();
        let subscribing = self.subscriptions.subscribe(&self.desk, peer, request.uri);
        until_cancelled(&context, subscribing)
            .await
            .map_err(of_resource)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.unsubscribe(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&Self::capabilities()))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let sink = context.sink().clone();
        self.subscriptions
            .listen(&self.desk, sink.clone())
            .await
            .map_err(of_resource)?;
        let mut ended = self.ended.clone();
        tokio::select! {
            () = context.cancelled() => {}
            // An error says that the transport is gone: that is an end too.
            _ = ended.wait_for(|is_ended| *is_ended) => {}
        }
        self.subscriptions.end(sink.id());
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let names = complete::complete(&self.desk, &request.r#ref, request.argument);
        let completion = until_cancelled(&context, names).await?;
        Ok(CompleteResult::new(completion))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::all()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let prompt = prompts::get(&self.desk, &request.name, request.arguments);
        let prompt = until_cancelled(&context, prompt).await?;
        Ok(prompt.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        if METHODS.contains(&method.as_str()) {
            let what =
                format!("the params of {method} do not have the shape that the protocol asks for");
            return Err(ErrorData::invalid_params(what, None));
        }
        let trouble = Trouble::unknown("method", &method, METHODS);
        Err(ErrorData::new(
            ErrorCode::METHOD_NOT_FOUND,
            trouble.to_string(),
            None,
        ))
    }
}

/// The same trouble with a resource; the first era has a code of its own for one that is not there.
fn of_resource(trouble: Trouble) -> ErrorData {
    let is_unknown = matches!(trouble, Trouble::Unknown { .. });
    let error = ErrorData::from(trouble);
    if is_unknown {
        ErrorData::resource_not_found(error.message, error.data)
    } else {
        error
    }
}
