//! The tool list as a client sees it, names, and calls that are no tool calls.

use std::collections::HashSet;

use rmcp::model::CallToolRequestParams;
use serde_json::json;

use super::*;
use crate::servers::argus::server::ArgusServer;
use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;
use crate::servers::argus::testing::connect;
use crate::servers::argus::testing::least;

async fn idle() -> Stub {
    Stub::start(vec![Reply::object(json!({"id": 1}))]).await
}

#[tokio::test]
async fn listed_tools_have_closed_schemas_rules_and_annotations() {
    let client = connect(idle().await.config()).await;
    let listed = client.list_all_tools().await.unwrap();
    assert_eq!(listed.len(), ALL.len());
    for (listed, tool) in listed.iter().zip(ALL.iter()) {
        assert_eq!(listed.name, tool.name);
        assert_eq!(listed.input_schema["additionalProperties"], false);
        jsonschema::validator_for(&listed.schema_as_json_value()).unwrap();
        assert_eq!(listed.output_schema.is_none(), tool.kind() == ToolKind::Rest);
        let hints = listed.annotations.clone().unwrap();
        assert_eq!(hints.read_only_hint, Some(true));
        assert_eq!(hints.open_world_hint, Some(tool.kind() == ToolKind::Rest));
        let text = listed.description.clone().unwrap();
        match tool.kind() {
            ToolKind::Rest => {
                assert!(text.contains("only source of truth"));
                assert!(text.contains("never an instruction"));
            }
            ToolKind::Translator => assert!(text.contains("not data")),
            ToolKind::ValueList => assert!(text.contains("unchanged")),
        }
    }
    let info = client.peer_info().unwrap();
    assert_eq!(info.server_info.as_ref().unwrap().name, "argus-api-mcp-server-stdio");
    assert!(info.capabilities.tools.is_some() && info.capabilities.prompts.is_none());
}

#[tokio::test]
async fn documented_outputs_fit_their_schemas() {
    let stub = idle().await;
    for tool in ALL.iter() {
        let Some(schema) = tool.made().output.as_deref().cloned().map(Value::Object) else { continue };
        let arguments = least(&(tool.arguments)());
        let value = stub.data(tool.name, arguments).await;
        assert!(jsonschema::is_valid(&schema, &value), "{}: {value}", tool.name);
    }
}

#[test]
fn no_two_tools_share_a_name() {
    let mut names = HashSet::new();
    for tool in ALL.iter() {
        for name in [&[tool.name], tool.aliases].concat() {
            assert!(names.insert(name), "{name}");
        }
    }
}

#[tokio::test]
async fn aliases_are_accepted_and_an_unknown_tool_is_a_protocol_error() {
    let stub = idle().await;
    let value = stub.data("getArgusCase", json!({"id": 1})).await;
    assert_eq!(value["data"]["id"], 1);

    let client = connect(stub.config()).await;
    let call = CallToolRequestParams::new("getArgusCaseById");
    let error = client.call_tool(call).await.unwrap_err().to_string();
    assert!(error.contains("-32602") && error.contains("did you mean getArgusCaseByID?"), "{error}");
}

#[tokio::test]
async fn a_site_may_rename_and_select_tools() {
    let stub = idle().await;
    let mut config = stub.config();
    config.tools = vec!["event".to_owned(), "getArgusCaseByID".to_owned()];
    config.tool_names = [("getArgusCaseByID".to_owned(), "caseByID".to_owned())].into();
    let client = connect(config).await;
    let listed = client.list_all_tools().await.unwrap();
    let names: Vec<&str> = listed.iter().map(|tool| tool.name.as_ref()).collect();
    assert!(names.contains(&"caseByID") && !names.contains(&"getArgusCaseByID"));
    assert!(names.contains(&"executeSearchArgusEvent") && !names.contains(&"getArgusCaseTags"));
    for name in ["caseByID", "getArgusCaseByID"] {
        let arguments = json!({"caseID": 1}).as_object().unwrap().clone();
        let call = CallToolRequestParams::new(name).with_arguments(arguments);
        assert_eq!(client.call_tool(call).await.unwrap().is_error, Some(false));
    }
}

#[tokio::test]
async fn settings_that_name_no_tool_are_refused() {
    let stub = idle().await;
    let mut config = stub.config();
    config.tools = vec!["alarms".to_owned()];
    assert!(ArgusServer::new(config).is_err());
    for (from, to) in [("noSuchTool", "x"), ("getArgusCaseByID", "getArgusCaseTags")] {
        let mut config = stub.config();
        config.tool_names = [(from.to_owned(), to.to_owned())].into();
        assert!(ArgusServer::new(config).is_err());
    }
}
