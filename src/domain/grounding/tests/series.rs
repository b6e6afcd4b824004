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
            "wrong_entity",
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

/// That none of these sentences passes; which code says so is not the point.
fn stopped(results: &[EvidenceResult], lang: Lang, texts: &[&str]) {
    let passes: Vec<&&str> = texts
        .iter()
        .filter(|text| {
            let report = crate::domain::grounding::tests::run(&about(results, lang), text);
            let held = |claim: &crate::domain::grounding::claim::Claim| {
                claim.verdict != crate::domain::grounding::claim::Verdict::Supported
            };
            report.violations().is_empty() && !report.claims().iter().any(held)
        })
        .collect();
    assert!(passes.is_empty(), "pass: {passes:#?}");
}

fn restarts() -> [EvidenceResult; 1] {
    let of =
        |pod: &str| json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": "booking", "kube_pod_name": pod});
    vector("k8s_list_top_restarted_pods", &[(of("booking-db-0"), "57"), (of("booking-portal-6a-b2438"), "2")])
}

fn cpu() -> [EvidenceResult; 1] {
    let of = |name: &str| json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": "booking", "kube_workload_name": name});
    vector("k8s_list_top_cpu_consumed_workload", &[(of("checkout-api"), "4.4"), (of("booking-portal"), "1.25")])
}

fn replicas(status: &str) -> [EvidenceResult; 1] {
    let of = |name: &str| json!({"kube_cluster_name": "prod-us-2", "kube_namespace_name": "booking", "kube_workload_name": name});
    let [mut one] = vector("k8s_list_workloads", &[(of("checkout-api"), "3"), (of("booking-portal"), "2")]);
    one.arguments = json!({"status": status});
    [one]
}

#[test]
fn a_number_is_of_what_its_tool_measures() {
    honest(
        &about(&restarts(), Lang::En),
        &[
            "Pod booking-db-0 restarted 57 times.",
            "Pod booking-db-0 had 57 restarts in namespace booking.",
            "- Pod booking-db-0: cluster prod-us-2, namespace booking, restarts 57",
            "| pod | restarts |\n| --- | --- |\n| booking-db-0 | 57 |\n| booking-portal-6a-b2438 | 2 |",
        ],
    );
    honest(&about(&restarts(), Lang::De), &["Der Pod booking-db-0 hatte 57 Neustarts."]);
    stopped(
        &restarts(),
        Lang::En,
        &[
            "Pod booking-db-0 had 57 HTTP errors.",
            "Pod booking-db-0 uses 57 CPU cores.",
            "Pod booking-db-0 uses 57 GB of memory.",
            "Pod booking-db-0 uses 57 % of its memory.",
            "Pod booking-db-0 runs 57 containers.",
            "Pod booking-db-0 has 57 alerts.",
            "| pod | HTTP errors |\n| --- | --- |\n| booking-db-0 | 57 |",
        ],
    );
    stopped(&restarts(), Lang::De, &["Der Pod booking-db-0 hatte 57 Fehler."]);
    honest(&about(&cpu(), Lang::En), &["Workload checkout-api uses 4.4 CPU cores.", "checkout-api: CPU 4.4"]);
    stopped(
        &cpu(),
        Lang::En,
        &["Workload checkout-api uses 4.4 GB of memory.", "Workload checkout-api uses 4.4 % CPU."],
    );
    honest(
        &about(&replicas("desired"), Lang::En),
        &["Workload checkout-api wants 3 replicas.", "checkout-api has 3 desired replicas."],
    );
    stopped(
        &replicas("desired"),
        Lang::En,
        &["checkout-api has 3 ready replicas.", "checkout-api has 3 unavailable pods."],
    );
    honest(&about(&replicas("unavailable"), Lang::En), &["checkout-api has 3 unavailable pods."]);
    stopped(&replicas("unavailable"), Lang::En, &["checkout-api has 3 ready replicas."]);
}

#[test]
fn that_a_row_exists_is_no_figure() {
    honest(&about(&nodes(), Lang::En), &["There are 2 nodes in cluster prod-us-2."]);
    stopped(
        &nodes(),
        Lang::En,
        &[
            "Node hbr-k8s-01 runs 1 pod.",
            "Node hbr-k8s-01 has 1 alert.",
            "The two nodes run 2 pods in total.",
            "Node hbr-k8s-01 runs 1 container.",
        ],
    );
    let clusters = vector("k8s_list_clusters", &[(json!({"cluster": "prod-eu-1", "region": "eu-west"}), "1")]);
    stopped(&clusters, Lang::En, &["Cluster prod-eu-1 has 1 node."]);
    let of = |name: &str| json!({"kube_pod_name": "booking-db-0", "kube_pod_container_name": name});
    let containers = vector("k8s_list_pod_containers", &[(of("postgres"), "1"), (of("exporter"), "1")]);
    honest(&about(&containers, Lang::En), &["Pod booking-db-0 runs 2 containers."]);
    stopped(&containers, Lang::En, &["Pod booking-db-0 runs 1 container."]);
}

fn pods_of_clusters() -> [EvidenceResult; 1] {
    let of = |cluster: &str, space: &str| json!({"kube_cluster_name": cluster, "kube_namespace_name": space});
    let series = [
        (of("prod-eu-1", "kube-system"), "9"),
        (of("prod-eu-1", "payments"), "6"),
        (of("prod-us-2", "kube-system"), "4"),
        (of("prod-us-2", "booking"), "3"),
    ];
    vector("k8s_list_count_pods_per_cluster", &series)
}

#[test]
fn a_number_told_of_several_rows_is_their_sum() {
    honest(
        &about(&pods_by_namespace(), Lang::En),
        &[
            "Cluster prod-us-2 runs 7 pods.",
            "There are 7 pods in total.",
            "| cluster | pods |\n| --- | --- |\n| prod-us-2 | 7 |",
        ],
    );
    honest(&about(&pods_by_namespace(), Lang::De), &["Im Cluster prod-us-2 laufen 7 Pods."]);
    stopped(
        &pods_by_namespace(),
        Lang::En,
        &["Cluster prod-us-2 runs 4 pods.", "| cluster | pods |\n| --- | --- |\n| prod-us-2 | 3 |"],
    );
    stopped(
        &pods_by_namespace(),
        Lang::De,
        &["Im Cluster prod-us-2 laufen 4 Pods.", "Der Cluster prod-us-2 hat 4 Pods."],
    );
    stopped(&pods_by_namespace(), Lang::Ja, &["クラスター prod-us-2 では4個のポッドが動いています。"]);
    let clusters = pods_of_clusters();
    honest(
        &about(&clusters, Lang::En),
        &[
            "Namespace kube-system runs 13 pods in total.",
            "Namespace kube-system in cluster prod-eu-1 runs 9 pods.",
            "In cluster prod-us-2, namespace kube-system runs 4 pods.",
            "- prod-eu-1\n  - kube-system: 9 pods\n  - payments: 6 pods\n- prod-us-2\n  - kube-system: 4 pods",
            "| cluster | namespace | pods |\n| --- | --- | --- |\n| prod-eu-1 | kube-system | 9 |\n| prod-us-2 | kube-system | 4 |",
        ],
    );
    stopped(
        &clusters,
        Lang::En,
        &[
            "Namespace kube-system runs 4 pods in total.",
            "Namespace kube-system in cluster prod-eu-1 runs 4 pods.",
            "- prod-eu-1\n  - kube-system: 4 pods\n- prod-us-2\n  - kube-system: 9 pods",
            "Cluster prod-eu-1 runs 9 pods.",
            "| cluster | namespace | pods |\n| --- | --- | --- |\n| prod-eu-1 | kube-system | 4 |",
        ],
    );
    honest(&about(&memory(), Lang::En), &["Cluster prod-us-2 uses 2.28 GB of memory in total."]);
    stopped(
        &memory(),
        Lang::En,
        &["Cluster prod-us-2 uses 1.66 GB of memory in total.", "Cluster prod-us-2 uses 1.66 GB."],
    );
}

#[test]
fn a_stored_share_is_of_its_row_and_its_measure() {
    honest(&about(&shares(), Lang::En), &["Pod position-feed-8e-ab6bc uses 11.2 % of its CPU quota."]);
    stopped(
        &shares(),
        Lang::En,
        &[
            "11.2 % of the pods are underutilized.",
            "Cluster prod-us-2 uses 11.2 % of its CPU quota.",
            "Pod position-feed-8e-ab6bc uses 11.2 % of its memory.",
            "Pod position-feed-8e-ab6bc is 11.2 % over its quota.",
        ],
    );
}

#[test]
fn the_sum_of_a_page_is_no_total() {
    let [mut page] = restarts();
    page.outcome = Outcome::Partial;
    caught(&about(&[page], Lang::En), &[("There were 59 restarts in total.", "wrong_count")]);
    honest(&about(&restarts(), Lang::En), &["There were 59 restarts in total."]);
}

#[test]
fn the_numbers_of_a_query_and_of_its_run_are_no_data() {
    let content = json!({"id": "1", "text": "MATCH Image AFFECTED_BY Vulnerability RETURN Image LIMIT 50;",
        "metadata": {"subscription_info": {"monthly_limit": 1000, "monthly_count": 42, "warning_percent": 80}}});
    let made = [result("g1", "generate_sysql", json!({"question": "q"}), Outcome::Ok, content)];
    honest(&about(&made, Lang::En), &["The statement has a limit of 50."]);
    stopped(
        &made,
        Lang::En,
        &["There are 50 vulnerable images.", "There are 42 vulnerable images.", "42 of them have a fix."],
    );
    let content = json!({"entities": {}, "summary": {"available_after": 23, "consumed_after": 100, "total_time": 125, "fetched_items_count": 1},
        "items": [{"img": {"name": "web", "tag": "v1"}}, {"img": {"name": "db", "tag": "v2"}}]});
    let arguments = json!({"sysql_query": "MATCH Image AS img RETURN img LIMIT 50;"});
    let run = [result("q1", "run_sysql", arguments, Outcome::Ok, content)];
    stopped(&run, Lang::En, &["23 of them have a fix.", "There are 125 images.", "There are 50 images."]);
}

#[test]
fn that_no_pod_is_unavailable_does_not_say_that_none_runs() {
    let arguments = json!({"namespace_name": "booking"});
    let series = json!({"resultType": "vector", "result": [{"metric": {}, "value": [1_770_624_930.0, "0"]}]});
    let content = json!({"status": "success", "data": series});
    for outcome in [Outcome::Ok, Outcome::Empty] {
        let none = [result("m1", "k8s_list_top_unavailable_pods", arguments.clone(), outcome, content.clone())];
        honest(
            &about(&none, Lang::En),
            &["No pods are unavailable in namespace booking.", "The search found no workloads with missing replicas."],
        );
        honest(&about(&none, Lang::Nb), &["Ingen poder er utilgjengelige i navnerom booking."]);
        honest(&about(&none, Lang::De), &["Es fehlen keine Pods im Namensraum booking."]);
        stopped(&none, Lang::En, &["No pods run in namespace booking.", "There are no pods in namespace booking."]);
        stopped(&none, Lang::Nb, &["Ingen poder kjører i navnerom booking."]);
        stopped(&none, Lang::De, &["Im Namensraum booking laufen keine Pods."]);
    }
    let restarts = vector("k8s_list_top_restarted_pods", &[]);
    honest(&about(&restarts, Lang::En), &["No pods restarted.", "The search found no pods."]);
    stopped(&restarts, Lang::En, &["No pods run in the cluster."]);
}
