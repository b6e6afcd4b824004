//! Writes a PromQL query from the template of a row.
//!
//! Marks stand in angle brackets: `<SEL>` the matchers in braces or nothing,
//! `<S>` the matchers, `<,S>` the matchers with a comma before them or
//! nothing, `<LIM>` the limit, `<STATUS>`, `<INTERVAL>` and `<SECONDS>` what
//! the tool takes besides, `<W>`, `<C>`, `<P>` and `<G>` the labels of a
//! group. Values are put in once: what looks like a mark inside one stays.

use crate::servers::sysdig::tools::k8s::interval::Interval;

const WORKLOAD: &str = "kube_cluster_name, kube_namespace_name, kube_workload_type, kube_workload_name";
const CONTAINER: &str = "kube_cluster_name, kube_namespace_name, kube_workload_type, kube_workload_name, container_label_io_kubernetes_container_name";
const POD: &str = "kube_cluster_name, kube_namespace_name, kube_pod_name";
const GROUP: &str = "kube_cluster_name, kube_namespace_name, kube_workload_name";

/// What one call puts into a template.
pub(super) struct Values {
    pub(super) limit: i64,
    /// Matchers, escaped and joined.
    pub(super) matchers: String,
    pub(super) status: &'static str,
    pub(super) interval: Interval,
}

/// The query of one call.
pub(super) fn written(template: &str, values: &Values) -> String {
    let mut query = String::with_capacity(template.len() + values.matchers.len() * 2 + 64);
    let mut rest = template;
    while let Some((before, from)) = rest.split_once('<') {
        query.push_str(before);
        let put = from.split_once('>').and_then(|(mark, after)| Some((put_in(mark, values)?, after)));
        match put {
            Some((text, after)) => {
                query.push_str(&text);
                rest = after;
            }
            // An operator of the query.
            None => {
                query.push('<');
                rest = from;
            }
        }
    }
    query.push_str(rest);
    query
}

fn put_in(mark: &str, values: &Values) -> Option<String> {
    let matchers = &values.matchers;
    Some(match mark {
        "SEL" if matchers.is_empty() => String::new(),
        "SEL" => format!("{{{matchers}}}"),
        "S" => matchers.clone(),
        ",S" if matchers.is_empty() => String::new(),
        ",S" => format!(",{matchers}"),
        "LIM" => values.limit.to_string(),
        "STATUS" => values.status.to_owned(),
        "INTERVAL" => values.interval.text.clone(),
        "SECONDS" => format!("{:.6}", f64::from(values.interval.seconds)),
        "W" => WORKLOAD.to_owned(),
        "C" => CONTAINER.to_owned(),
        "P" => POD.to_owned(),
        "G" => GROUP.to_owned(),
        _ => return None,
    })
}

/// A value as it may stand between double quotes.
pub(super) fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
