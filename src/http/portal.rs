//! The web portal: the files of `web/dist` as they were when the binary was built. They hold
//! no data and are served without a token; what the portal shows it asks of the native API
//! with the token that its user enters. Without a built portal `/` says how to get one.
//! Places inside the portal stand in the address's fragment, so no path falls back to the page.

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header;
use rust_embed::Embed;
use rust_embed::EmbeddedFile;
use tower_http::compression::CompressionLayer;

use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::paths;

/// What the portal may load and do: its own files and the API beside it.
const PORTAL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";
/// What the page in the portal's place may load: nothing.
const PAGE_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Names of files below this folder hold a digest of their content, so they never change.
const HASHED: &str = "assets/";
/// The page itself.
const INDEX: &str = "index.html";
const HTML: &str = "text/html; charset=utf-8";

/// What `make web` made. Empty when it was not run.
#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// Whether this build has the portal.
pub fn is_built() -> bool {
    Dist::get(INDEX).is_some()
}

/// The routes of the portal; any path that no other route serves comes here as well.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    routes_of::<Dist, S>()
}

fn routes_of<Files: Embed + 'static, S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(paths::HOME, get(page::<Files>))
        .route(paths::PORTAL_ASSETS, get(file::<Files>))
        .fallback(file::<Files>)
        // Around these routes alone: what the API streams must leave as it comes.
        .layer(CompressionLayer::new())
}

async fn page<Files: Embed>(headers: HeaderMap) -> Response {
    match Files::get(INDEX) {
        Some(file) => answer(INDEX, file, &headers),
        None => secured(([(header::CONTENT_TYPE, HTML)], include_str!("home.html")).into_response(), PAGE_POLICY),
    }
}

/// The file at a URL path; `route_not_found` for any other request.
async fn file<Files: Embed>(request: Request) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let path = request.uri().path().strip_prefix('/').filter(|_| reads);
    match path.and_then(|path| Some((path, Files::get(path)?))) {
        Some((path, file)) => answer(path, file, request.headers()),
        None => ApiError::plain(Code::RouteNotFound).into_response(),
    }
}

fn answer(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let cache = match path.starts_with(HASHED) {
        true => "public, max-age=31536000, immutable",
        // Asked for again each time; the ETag makes that cheap.
        false => "no-cache",
    };
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    // Weak, since it stands for the file both as it is and compressed.
    let etag = format!("W/{tag}");
    let about = [(header::CACHE_CONTROL, cache), (header::VARY, "accept-encoding"), (header::ETAG, etag.as_str())];
    let response = match is_known(headers, &tag) {
        true => (StatusCode::NOT_MODIFIED, about).into_response(),
        false => {
            let content_type = content_type(file.metadata.mimetype());
            (about, [(header::CONTENT_TYPE, content_type)], file.data).into_response()
        }
    };
    secured(response, PORTAL_POLICY)
}

/// Adds what every page of ours says about itself.
fn secured(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}

/// A media type as a header: our texts are UTF-8.
fn content_type(media: &str) -> String {
    match media.starts_with("text/") {
        true => format!("{media}; charset=utf-8"),
        false => media.to_owned(),
    }
}

/// Whether the client has the content with this tag.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut given = given.flat_map(|value| value.split(',')).map(str::trim);
    given.any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::body::to_bytes;
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    const SCRIPT: &str = include_str!("../../tests/portal/assets/app-1a2b.js");
    const PATHS: [&str; 3] = ["/", "/assets/app-1a2b.js", "/favicon.svg"];

    #[derive(Embed)]
    #[folder = "tests/portal"]
    struct Built;

    #[derive(Embed)]
    #[folder = "tests/no-portal"]
    #[allow_missing = true]
    struct Missing;

    async fn ask_of<Files: Embed + 'static>(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = http::Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        routes_of::<Files, ()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn ask(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        ask_of::<Built>(path, headers).await
    }

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    fn sent<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn the_page_is_asked_for_each_time_and_hashed_files_never_again() {
        let page = ask("/", &[]).await;
        assert_eq!(sent(&page, "cache-control"), "no-cache");
        assert!(text(page).await.contains("A portal for tests"));
        let script = ask("/assets/app-1a2b.js", &[]).await;
        assert_eq!(sent(&script, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(text(script).await, SCRIPT);
    }

    #[tokio::test]
    async fn a_client_that_has_the_page_is_told_so() {
        for encoding in ["gzip", "identity"] {
            let accepts = (header::ACCEPT_ENCODING, encoding);
            let etag = sent(&ask("/", std::slice::from_ref(&accepts)).await, "etag").to_owned();
            let strong = etag.trim_start_matches("W/").to_owned();
            for given in [etag.clone(), strong, format!("\"other\", {etag}"), "*".to_owned()] {
                let again = ask("/", &[accepts.clone(), (header::IF_NONE_MATCH, &given)]).await;
                assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{given}");
                assert_eq!((sent(&again, "etag"), sent(&again, "vary")), (etag.as_str(), "accept-encoding"));
                assert_eq!(text(again).await, "");
            }
        }
        assert_eq!(ask("/", &[(header::IF_NONE_MATCH, "\"other\"")]).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_client_says_whether_it_reads_compressed_files() {
        for (accepts, encoding) in [("br, gzip;q=0.8", "gzip"), ("gzip;q=0", ""), ("br", ""), ("", "")] {
            for path in PATHS {
                let file = ask(path, &[(header::ACCEPT_ENCODING, accepts)]).await;
                assert_eq!(sent(&file, "content-encoding"), encoding, "{path} for {accepts}");
                assert_eq!(sent(&file, "vary"), "accept-encoding");
            }
        }
    }

    #[tokio::test]
    async fn over_http_files_arrive_compressed_and_as_what_they_are() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes_of::<Built, ()>()).await });
        let types = ["text/html; charset=utf-8", "text/javascript; charset=utf-8", "image/svg+xml"];
        let browser = reqwest::Client::new();
        // Shows what comes as it is, where a browser unpacks it.
        let wire = reqwest::Client::builder().no_gzip().build().unwrap();
        for (path, media) in PATHS.into_iter().zip(types) {
            let packed = wire.get(format!("{base}{path}")).header("accept-encoding", "gzip").send().await.unwrap();
            assert_eq!(packed.headers()["content-encoding"], "gzip", "{path}");
            assert_eq!(packed.headers()["content-type"], media);
            let packed = packed.bytes().await.unwrap();
            let read = browser.get(format!("{base}{path}")).send().await.unwrap().bytes().await.unwrap();
            assert_ne!(packed, read, "{path}");
            assert_eq!(read, text(ask(path, &[]).await).await, "{path}");
        }
    }

    #[tokio::test]
    async fn every_file_says_what_it_may_do() {
        for path in PATHS {
            let response = ask(path, &[]).await;
            let policy = sent(&response, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(sent(&response, "x-content-type-options"), "nosniff");
            assert_eq!(sent(&response, "referrer-policy"), "no-referrer");
        }
    }

    #[tokio::test]
    async fn other_paths_are_no_page() {
        for path in ["/c/1", "/assets/old.js", "/assets/../index.html", "/api/nowhere", "/v1/nowhere", "/assets/"] {
            assert_eq!(ask(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let post = http::Request::post("/favicon.svg").body(Body::empty()).unwrap();
        let answer = routes_of::<Built, ()>().oneshot(post).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn without_a_portal_the_page_says_how_to_build_it() {
        let page = ask_of::<Missing>("/", &[]).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(sent(&page, "content-security-policy"), PAGE_POLICY);
        assert_eq!(sent(&page, "content-type"), HTML);
        let page = text(page).await;
        assert!(page.contains("make web") && page.contains("not part of this build"));
    }
}
