// Starts the portal.
import { render } from "preact";
import { loadCapabilities } from "./api/capabilities.ts";
import { Shell } from "./shell/Shell.tsx";
import { listenForKeys } from "./shell/keys.ts";
import { lookForCredentials } from "./state/credentials.ts";

listenForKeys();
void loadCapabilities();
void lookForCredentials();
const place = document.getElementById("app");
if (place) render(<Shell />, place);
