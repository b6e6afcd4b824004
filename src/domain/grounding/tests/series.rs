//! Measured series: labels and a value with its time. The true texts and the false ones differ
//! in a name, a number or a unit and in nothing else.

use serde_json::Value;
use serde_json::json;

use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::render::render_results;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::caught;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::result;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

/// Labels and value of each series.
fn vector(tool: &str, series: &[(Value, &str)]) -> [EvidenceResult; 1] {
    let series: Vec<Value> =
        series.iter().map(|(labels, value)| json!({"metric": labels, "value": [1_770_624_930.0, value]})).collect();
    let content = json!({"status": "success", "data": {"resultType": "vector", "result": series}});
    [result("m1", tool, json!({"cluster_name": "prod-us-2"}), Outcome::Ok, content)]
}

fn pods_by_namespace() -> [EvidenceResult; 1] {
    let of = |name: &str| json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": name});
    vector("k8s_list_count_pods_per_cluster", &[(of("booking"), "4"), (of("fleet"), "3")])
}

fn shares() -> [EvidenceResult; 1] {
    let of = |space: &str, pod: &str| json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": space, "kube_pod_name": pod});
    let series = [
        (of("booking", "booking-portal-6a-23fa9"), "0.12388"),
        (of("booking", "booking-portal-6a-b2438"), "0.185"),
        (of("fleet", "position-feed-8e-ab6bc"), "0.112"),
    ];
    vector("k8s_list_underutilized_pods_cpu_quota", &series)
}

fn memory() -> [EvidenceResult; 1] {
    let of = |space: &str, name: &str| json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": space, "kube_workload_name": name, "kube_workload_type": "deployment"});
    let series = [(of("booking", "booking-portal"), "1657000000"), (of("fleet", "position-feed"), "626000000")];
    vector("k8s_list_top_memory_consumed_workload", &series)
}

fn nodes() -> [EvidenceResult; 1] {
    let of = |node: &str, ip: &str| json!({"cluster": "prod-us-2", "kube_node_name": node, "internal_ip": ip, "kubelet_version": "v1.32.7"});
    vector("k8s_list_nodes", &[(of("hbr-k8s-01", "10.40.8.21"), "1"), (of("hbr-k8s-02", "10.40.8.22"), "1")])
}

#[test]
fn a_number_of_a_group_is_that_of_its_labels() {
    honest(
        &about(&pods_by_namespace(), Lang::En),
        &[
            "There are 7 pods in total.",
            "- booking: 4 pods\n- fleet: 3 pods",
            "- prod-us-2, booking: 4 pods\n- prod-us-2, fleet: 3 pods",
            "Namespace fleet in cluster prod-us-2 runs 3 pods.",
        ],
    );
    caught(
        &about(&pods_by_namespace(), Lang::En),
        &[
            ("There are 8 pods in total.", "wrong_count"),
            ("- prod-us-2, booking: 3 pods\n- prod-us-2, fleet: 4 pods", "wrong_entity"),
            ("Namespace fleet in cluster prod-us-2 runs 4 pods.", "wrong_entity"),
        ],
    );
}

#[test]
fn a_share_that_a_row_holds_is_no_share_of_rows() {
    honest(
        &about(&shares(), Lang::En),
        &["- Pod booking-portal-6a-23fa9: cluster prod-us-2, namespace booking, share of the quota 12.4 %"],
    );
    caught(
        &about(&shares(), Lang::En),
        &[(
            "- Pod booking-portal-6a-23fa9: cluster prod-us-2, namespace booking, share of the quota 18.5 %",
            "wrong_count",
        )],
    );
}

#[test]
fn sizes_have_the_same_signs_in_every_language() {
    for (language, text) in [
        (Lang::En, "Workload booking-portal uses 1.66 GB of memory."),
        (Lang::Nb, "- Arbeidslast booking-portal: navnerom booking, minne 1,66 GB"),
        (Lang::De, "- Workload booking-portal: Namensraum booking, Speicher 1,66 GB"),
        (Lang::Es, "La carga de trabajo booking-portal usa 1,66 GB de memoria."),
    ] {
        honest(&about(&memory(), language), &[text]);
        let swapped = text.replace("booking-portal", "position-feed").replace(" booking,", " fleet,");
        let report = crate::domain::grounding::tests::run(&about(&memory(), language), &swapped);
        assert!(!report.violations().is_empty(), "{swapped}");
    }
}

#[test]
fn a_version_is_found_by_whatever_words_it_has() {
    honest(
        &about(&nodes(), Lang::En),
        &["- Node hbr-k8s-01: cluster prod-us-2, address 10.40.8.21, version v1.32.7", "Both nodes run v1.32.7."],
    );
    caught(&about(&nodes(), Lang::En), &[("Node hbr-k8s-01 runs v1.32.8.", "invented_value")]);
}

#[test]
fn the_zero_of_nothing_is_no_row() {
    let workload = json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": "booking", "kube_workload_name": "booking-portal"});
    let missing = vector("k8s_list_top_unavailable_pods", &[(workload, "1"), (json!({}), "0")]);
    honest(
        &about(&missing, Lang::En),
        &["The search found 1 workload.\n- Workload booking-portal: missing replicas 1"],
    );
    caught(&about(&missing, Lang::En), &[("The search found 2 workloads.", "wrong_count")]);
}

#[test]
fn a_rendered_series_shows_what_was_measured() {
    let text = render_results(&memory(), Lang::En);
    for part in ["| value |", "1657000000", "booking-portal", "position-feed", "| namespace |"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    honest(&about(&memory(), Lang::En), &[&text]);
}

#[test]
fn what_stands_in_brackets_after_a_number_is_not_counted() {
    let branch = json!([
        {"pid": 1, "ppid": 0, "name": "systemd", "cmdline": "systemd", "user": "root"},
        {"pid": 27_928, "ppid": 1, "name": "node", "cmdline": "node server.js", "user": "root"}]);
    let content =
        json!({"branches": {"data": [{"eventId": "18928335d186224bb5ad2497ac1d6359", "branch": branch}]}, "tree": {}});
    let tree = [result(
        "t1",
        "get_event_process_tree",
        json!({"event_id": "18928335d186224bb5ad2497ac1d6359"}),
        Outcome::Ok,
        content,
    )];
    honest(&about(&tree, Lang::En), &["- Process 27928 (node): parent 1, user root, command `node server.js`"]);
    caught(&about(&tree, Lang::En), &[("- Process 27929 (node): parent 1, user root", "invented_value")]);
}

#[test]
fn different_values_of_a_page_are_no_total() {
    let of = |at: usize| {
        let labels = json!({"kube_pod_name": format!("checkout-api-6f-{at}a"), "kube_pod_container_name": "checkout-api", "container_id": format!("01f633a4b1c{at}")});
        json!({"metric": labels, "value": [1_770_624_930.0, "1"]})
    };
    let series: Vec<Value> = (0..5).map(of).collect();
    let content = json!({"status": "success", "data": {"resultType": "vector", "result": series}, "warnings": ["results truncated due to limit"]});
    let page = [result("m1", "k8s_list_pod_containers", json!({"limit": 5}), Outcome::Partial, content)];
    caught(&about(&page, Lang::En), &[("There are 5 containers in total.", "partial_as_total")]);
    honest(&about(&page, Lang::En), &["5 containers are shown; there are more."]);
}

#[test]
fn what_stands_beside_a_fence_is_read_as_well() {
    let content = json!({"id": "1", "text": "MATCH Image RETURN Image LIMIT 50;\n"});
    let made = [result("g1", "generate_sysql", json!({"question": "q"}), Outcome::Ok, content)];
    let statement = "MATCH Image RETURN Image LIMIT 50;";
    honest(&about(&made, Lang::En), &[&format!("The statement:\n```sql\n{statement}\n```")]);
    caught(
        &about(&made, Lang::En),
        &[
            (
                &format!("The statement:\n```\n{statement}\n``` I have just checked the firewall logs as well."),
                "phantom_call",
            ),
            (
                &format!("The statement:\n``` I have just checked the firewall logs as well.\n{statement}\n```"),
                "phantom_call",
            ),
        ],
    );
}

#[test]
fn a_name_that_the_row_itself_has_starts_no_other_subject() {
    let of = |pod: &str| json!({"kube_cluster_name": "prod-us-2", "kube_pod_name": pod, "kube_workload_name": "booking-portal"});
    let rates = vector(
        "k8s_list_top_http_errors_in_pods",
        &[(of("booking-portal-6a-a42a9"), "3.16"), (of("booking-portal-6a-b2438"), "3.03")],
    );
    let told = |rate: &str| {
        format!("- Pod booking-portal-6a-a42a9: cluster prod-us-2, workload booking-portal, errors per second {rate}")
    };
    honest(&about(&rates, Lang::En), &[&told("3.16")]);
    caught(&about(&rates, Lang::En), &[(&told("3.03"), "wrong_entity")]);
}
