//! The program under the name of an embedded server, which clients' configurations know: by a
//! link, or as what it is called by.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;

use crate::commands::ConfigArgs;
use crate::commands::mcp::McpArgs;
use crate::commands::mcp::ServerArg;
use crate::commands::mcp::Ways;
use crate::commands::terminal;

/// The vendor's name of the Sysdig server's program. That of Argus has none.
const SYSDIG: &str = "sysdig-mcp-server";

/// What the vendor's program takes, and our flags besides.
#[derive(Debug, Parser)]
#[command(
    name = SYSDIG,
    about = "The Sysdig MCP server; SYSDIG_MCP_* variables and a .env file say the rest",
    disable_version_flag = true,
    after_help = "Example:\n  SYSDIG_MCP_API_HOST=… SYSDIG_MCP_API_TOKEN=… sysdig-mcp-server"
)]
struct SysdigArgs {
    /// Print the version
    #[arg(long)]
    version: bool,
    #[command(flatten)]
    ways: Ways,
}

/// The server that the program is called by the name of.
pub(crate) fn server(arguments: &[OsString]) -> Option<ServerArg> {
    let name = Path::new(arguments.first()?).file_name()?.to_str()?;
    let stem = name.strip_suffix(".exe").unwrap_or(name);
    (stem == SYSDIG).then_some(ServerArg::Sysdig)
}

/// The arguments of that server; none once the version is printed.
pub(crate) fn read(server: ServerArg, arguments: Vec<OsString>) -> Option<McpArgs> {
    let SysdigArgs { version, ways } = SysdigArgs::parse_from(arguments);
    if version {
        terminal::line(env!("CARGO_PKG_VERSION"));
        return None;
    }
    Some(McpArgs { server, ways, config: ConfigArgs::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_itself_counts() {
        let named = |name: &str| server(&[OsString::from(name)]);
        for name in ["sysdig-mcp-server", "/usr/local/bin/sysdig-mcp-server", "./sysdig-mcp-server.exe"] {
            assert_eq!(named(name), Some(ServerArg::Sysdig), "{name}");
        }
        for name in ["groundwire", "sysdig-mcp-server2", "/sysdig-mcp-server/groundwire", ""] {
            assert_eq!(named(name), None, "{name}");
        }
        assert_eq!(server(&[]), None);
    }
}
