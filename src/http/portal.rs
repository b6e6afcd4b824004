//! The web portal: the files of `web/dist` as they were when the binary was built. They hold
//! no data and are served without a token; what the portal shows it asks of the native API
//! with the token that its user enters. Without a built portal `/` says how to get one.
//! Places inside the portal stand in the address's fragment, so no path falls back to the page.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::OnceLock;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header;

use crate::engine::fingerprint::digest;
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
/// Kinds of files that are sent compressed.
const COMPRESSED: [&str; 6] = ["html", "js", "css", "svg", "json", "map"];

/// What `make web` made. Empty when it was not run.
#[derive(rust_embed::Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

static EMBEDDED: LazyLock<Arc<Portal>> = LazyLock::new(|| {
    let file = |path: std::borrow::Cow<'static, str>| Some((path.to_string(), Dist::get(&path)?.data.into_owned()));
    Arc::new(Portal::of(Dist::iter().filter_map(file)))
});

/// The portal's files.
pub struct Portal {
    files: BTreeMap<String, File>,
}

/// One file, ready to be sent.
struct File {
    content_type: &'static str,
    cache: &'static str,
    digest: String,
    plain: Bytes,
    // Made when it is first asked for: a gateway without visitors does not pay for it.
    gzip: OnceLock<Option<Bytes>>,
}

impl Portal {
    /// The files of this build.
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&EMBEDDED)
    }

    /// A portal of these files, by path below its root.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter().map(|(path, content)| {
            let file = File::new(&path, content.into());
            (path, file)
        });
        Self { files: files.collect() }
    }

    /// Whether there is a portal at all.
    pub fn is_built(&self) -> bool {
        self.files.contains_key(INDEX)
    }

    fn page(&self, headers: &HeaderMap) -> Response {
        match self.files.get(INDEX) {
            Some(file) => file.answer(headers),
            None => secured(([(header::CONTENT_TYPE, HTML)], include_str!("home.html")).into_response(), PAGE_POLICY),
        }
    }

    /// The file at a URL path; `route_not_found` for any other request.
    fn file(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        let reads = [Method::GET, Method::HEAD].contains(method);
        match path.strip_prefix('/').and_then(|path| self.files.get(path)).filter(|_| reads) {
            Some(file) => file.answer(headers),
            None => ApiError::plain(Code::RouteNotFound).into_response(),
        }
    }
}

/// The routes of the portal; any path that no other route serves comes here as well.
pub fn routes<S: Clone + Send + Sync + 'static>(portal: Arc<Portal>) -> Router<S> {
    let page = {
        let portal = Arc::clone(&portal);
        async move |headers: HeaderMap| portal.page(&headers)
    };
    let file = async move |request: Request| portal.file(request.method(), request.uri().path(), request.headers());
    Router::new().route(paths::HOME, get(page)).route(paths::PORTAL_ASSETS, get(file.clone())).fallback(file)
}

const HTML: &str = "text/html; charset=utf-8";

impl File {
    fn new(path: &str, plain: Bytes) -> Self {
        let cache = match path.starts_with(HASHED) {
            true => "public, max-age=31536000, immutable",
            // Asked for again each time; the ETag makes that cheap.
            false => "no-cache",
        };
        let digest = digest(&plain);
        // What is not worth compressing is known at once.
        let gzip = match COMPRESSED.contains(&ending(path)) {
            true => OnceLock::new(),
            false => OnceLock::from(None),
        };
        Self { content_type: content_type(path), cache, digest, plain, gzip }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let gzip = accepts_gzip(headers).then(|| self.gzip()).flatten();
        let etag = match gzip {
            Some(_) => format!("\"{}-gz\"", self.digest),
            None => format!("\"{}\"", self.digest),
        };
        let (known, packed) = (is_known(headers, &etag), gzip.is_some());
        let mut response = match (known, gzip) {
            (true, _) => StatusCode::NOT_MODIFIED.into_response(),
            (false, Some(gzip)) => gzip.into_response(),
            (false, None) => self.plain.clone().into_response(),
        };
        let sent = response.headers_mut();
        if !known {
            sent.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if packed {
                sent.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        sent.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            sent.insert(header::ETAG, etag);
        }
        secured(response, PORTAL_POLICY)
    }

    /// The compressed file, where that is smaller.
    fn gzip(&self) -> Option<Bytes> {
        let compress = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&self.plain).ok()?;
            let packed = encoder.finish().ok()?;
            (packed.len() < self.plain.len()).then(|| Bytes::from(packed))
        };
        self.gzip.get_or_init(compress).clone()
    }
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

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn content_type(path: &str) -> &'static str {
    match ending(path) {
        "html" => HTML,
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Whether the client has this very content.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut given = given.flat_map(|value| value.split(',')).map(str::trim);
    given.any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == etag)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::body::Body;
    use axum::body::to_bytes;
    use tower::ServiceExt;

    use super::*;

    const SCRIPT: &str = "console.log('a line that repeats itself'); console.log('a line that repeats itself');";

    fn built() -> Router {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let files = [file(INDEX, "<p>the portal"), file("assets/app-1a2b.js", SCRIPT), file("favicon.svg", "<svg/>")];
        routes(Arc::new(Portal::of(files)))
    }

    async fn ask(router: Router, path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = http::Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    fn sent<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn the_page_is_asked_for_each_time_and_hashed_files_never_again() {
        let page = ask(built(), "/", &[]).await;
        assert_eq!(sent(&page, "cache-control"), "no-cache");
        assert_eq!(sent(&page, "content-type"), HTML);
        assert_eq!(text(page).await, "<p>the portal");
        let script = ask(built(), "/assets/app-1a2b.js", &[]).await;
        assert_eq!(sent(&script, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(text(script).await, SCRIPT);
        assert_eq!(sent(&ask(built(), "/favicon.svg", &[]).await, "content-type"), "image/svg+xml");
    }

    #[tokio::test]
    async fn a_client_that_has_the_page_is_told_so() {
        let etag = sent(&ask(built(), "/", &[]).await, "etag").to_owned();
        for given in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let again = ask(built(), "/", &[(header::IF_NONE_MATCH, &given)]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{given}");
            assert_eq!(sent(&again, "etag"), etag);
        }
        assert_eq!(ask(built(), "/", &[(header::IF_NONE_MATCH, "\"other\"")]).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn scripts_are_compressed_for_those_who_can_read_it() {
        let packed = ask(built(), "/assets/app-1a2b.js", &[(header::ACCEPT_ENCODING, "br, gzip;q=0.8")]).await;
        assert_eq!((sent(&packed, "content-encoding"), sent(&packed, "vary")), ("gzip", "accept-encoding"));
        assert!(sent(&packed, "etag").ends_with("-gz\""));
        let bytes = to_bytes(packed.into_body(), 1 << 20).await.unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, SCRIPT);
        let plain = ask(built(), "/assets/app-1a2b.js", &[(header::ACCEPT_ENCODING, "gzip;q=0")]).await;
        assert_eq!(sent(&plain, "content-encoding"), "");
    }

    #[tokio::test]
    async fn every_file_says_what_it_may_do() {
        for path in ["/", "/assets/app-1a2b.js", "/favicon.svg"] {
            let response = ask(built(), path, &[]).await;
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
            assert_eq!(ask(built(), path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let post = http::Request::post("/favicon.svg").body(Body::empty()).unwrap();
        assert_eq!(built().oneshot(post).await.unwrap().status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn without_a_portal_the_page_says_how_to_build_it() {
        let bare = routes(Arc::new(Portal::of([])));
        let page = ask(bare, "/", &[]).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(sent(&page, "content-security-policy"), PAGE_POLICY);
        let page = text(page).await;
        assert!(page.contains("make web") && page.contains("not part of this build"));
    }
}
