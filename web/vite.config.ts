// The build. Nothing is inlined into the page: the content-security policy allows scripts,
// styles and images from our own origin only.
import { defineConfig } from "vite";

const gateway = process.env["GROUNDWIRE_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {
    target: "es2023",
    outDir: "dist",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/api", "/v1", "/openapi.json", "/healthz", "/readyz"].map((path) => [
        path,
        // The gateway refuses requests that another page sends; to it the proxy is its own page.
        { target: gateway, changeOrigin: true, headers: { origin: gateway } },
      ]),
    ),
  },
});
