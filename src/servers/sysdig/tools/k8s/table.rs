//! The rows of the Kubernetes tools, ordered by name. Spacing inside the
//! templates is part of the contract.

use crate::servers::sysdig::tools::k8s::Extra;
use crate::servers::sysdig::tools::k8s::Matcher;
use crate::servers::sysdig::tools::k8s::MetricTool;
use crate::servers::sysdig::tools::k8s::WORKLOAD_TYPES;

const fn equals(argument: &'static str, label: &'static str, about: &'static str) -> Matcher {
    Matcher { argument, label, operator: "=", about, words: &[] }
}

const IN_CLUSTER: &str = "Only in this cluster.";
const CLUSTER: Matcher = equals("cluster_name", "kube_cluster_name", IN_CLUSTER);
/// Clusters and nodes carry the name under another label.
const BARE_CLUSTER: Matcher = equals("cluster_name", "cluster", IN_CLUSTER);
const CLUSTER_PATTERN: Matcher = Matcher {
    argument: "cluster_name",
    label: "kube_cluster_name",
    operator: "=~",
    about: "Only in this cluster, or in those that this regular expression names in full.",
    words: &[],
};
const NAMESPACE: Matcher = equals("namespace_name", "kube_namespace_name", "Only in this namespace.");
const WORKLOAD_TYPE: Matcher = Matcher {
    argument: "workload_type",
    label: "kube_workload_type",
    operator: "=",
    about: "Only workloads of this type.",
    words: WORKLOAD_TYPES,
};
const WORKLOAD: Matcher = equals("workload_name", "kube_workload_name", "Only this workload.");
const POD: Matcher = equals("pod_name", "kube_pod_name", "Only this pod.");
const NODE: Matcher = equals("node_name", "kube_node_name", "Only this node.");
const CONTAINER: Matcher = equals("container_name", "kube_pod_container_name", "Only this container.");
const IMAGE: Matcher = equals("image_pullstring", "image", "Only this image, in full: repository and tag.");
const CRONJOB: Matcher = equals("cronjob_name", "kube_cronjob_name", "Only this cron job.");

const WORKLOADS: &[Matcher] = &[CLUSTER, NAMESPACE, WORKLOAD_TYPE, WORKLOAD];
const ERRORS: &[Matcher] = &[CLUSTER_PATTERN, NAMESPACE, WORKLOAD_TYPE, WORKLOAD];

/// A tool without specialities, to be changed where a row has some.
const PLAIN: MetricTool = MetricTool {
    name: "",
    title: "",
    text: "",
    matchers: &[],
    separator: ",",
    extra: Extra::Nothing,
    default_limit: 20,
    sends_limit: true,
    template: "",
    failure: "",
};

/// The tools.
pub static TOOLS: [MetricTool; 16] = [
    MetricTool {
        name: "k8s_list_clusters",
        title: "List Kubernetes clusters",
        text: "List Kubernetes clusters with their information, all or one. For example: List all kubernetes clusters.",
        matchers: &[BARE_CLUSTER],
        default_limit: 10,
        template: "kube_cluster_info<SEL>",
        failure: "failed to get cluster list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_count_pods_per_cluster",
        title: "Count pods per cluster",
        text: "Count the running pods by cluster and namespace. For example: List the count of running Kubernetes pods in cluster 'production'.",
        matchers: &[CLUSTER, NAMESPACE],
        template: "sum by (kube_cluster_name, kube_namespace_name) (kube_pod_info<SEL>)",
        failure: "failed to get pod count",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_cronjobs",
        title: "List Kubernetes cron jobs",
        text: "List the cron jobs of clusters and namespaces. For example: List all cronjobs in cluster 'prod' and namespace 'default'.",
        matchers: &[CLUSTER, NAMESPACE, CRONJOB],
        default_limit: 10,
        template: "kube_cronjob_info<SEL>",
        failure: "failed to get cronjob list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_nodes",
        title: "List Kubernetes nodes",
        text: "List the nodes of Kubernetes clusters, by cluster or name. For example: List all kubernetes nodes in the cluster 'production-gke'.",
        matchers: &[BARE_CLUSTER, NODE],
        default_limit: 10,
        template: "kube_node_info<SEL>",
        failure: "failed to get node list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_pod_containers",
        title: "List pods and their containers",
        text: "List pods with their containers, images and nodes. For example: Show me info for pod 'my-pod' in cluster 'production-gke'.",
        matchers: &[CLUSTER, NAMESPACE, WORKLOAD_TYPE, WORKLOAD, POD, CONTAINER, IMAGE, NODE],
        default_limit: 10,
        template: "kube_pod_container_info<SEL>",
        failure: "failed to get pod container list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_cpu_consumed_container",
        title: "Top CPU by container",
        text: "List the containers that use most CPU, in cores. For example: Show the top 10 containers by CPU in cluster 'production'.",
        matchers: WORKLOADS,
        sends_limit: false,
        template: "topk(<LIM>, sum by (<C>)(sysdig_container_cpu_cores_used<SEL>))",
        failure: "failed to get top cpu consumed by container",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_cpu_consumed_workload",
        title: "Top CPU by workload",
        text: "List the workloads that use most CPU, in cores. For example: Show the top 10 workloads by CPU in cluster 'production'.",
        matchers: WORKLOADS,
        sends_limit: false,
        template: "topk(<LIM>, sum by (<W>)(sysdig_container_cpu_cores_used<SEL>))",
        failure: "failed to get top cpu consumed by workload",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_http_errors_in_pods",
        title: "Top HTTP errors in pods",
        text: "List the pods with most HTTP errors (status 4xx and 5xx), as errors per second over the interval. For example: Show the top 20 pods by HTTP errors in cluster 'production'.",
        matchers: ERRORS,
        extra: Extra::Interval,
        template: "topk(<LIM>,sum(sum_over_time(sysdig_container_net_http_error_count{<S>}[<INTERVAL>])) by (<W>, kube_pod_name)) / <SECONDS>",
        failure: "failed to execute query",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_memory_consumed_container",
        title: "Top memory by container",
        text: "List the containers that use most memory, in bytes. For example: Show the top 10 containers by memory in cluster 'production'.",
        matchers: WORKLOADS,
        separator: ", ",
        template: "topk(<LIM>, sum by (<C>) (sysdig_container_memory_used_bytes<SEL>))",
        failure: "failed to get container list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_memory_consumed_workload",
        title: "Top memory by workload",
        text: "List the workloads that use most memory, in bytes. For example: Show the top 10 workloads by memory in cluster 'production'.",
        matchers: WORKLOADS,
        template: "topk(<LIM>, sum by (<W>) (sysdig_container_memory_used_bytes<SEL>))",
        failure: "failed to get workload list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_network_errors_in_pods",
        title: "Top network errors in pods",
        text: "List the pods with most network errors, as errors per second over the interval. For example: Show the top 10 pods by network errors in cluster 'production'.",
        matchers: ERRORS,
        extra: Extra::Interval,
        template: "topk(<LIM>,sum(sum_over_time(sysdig_container_net_error_count{<S>}[<INTERVAL>])) by (<W>, kube_pod_name)) / <SECONDS>",
        failure: "failed to execute query",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_restarted_pods",
        title: "Top restarted pods",
        text: "List the pods whose containers restarted most often since the pods exist. For example: Show the top 10 pods with most restarts in cluster 'production'.",
        matchers: &[CLUSTER, NAMESPACE, WORKLOAD_TYPE, WORKLOAD, POD],
        default_limit: 10,
        sends_limit: false,
        template: "topk(<LIM>, sum by(pod, kube_cluster_name, kube_namespace_name) (kube_pod_container_status_restarts_total<SEL>) > 0)",
        failure: "failed to get pod list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_top_unavailable_pods",
        title: "Top unavailable pods",
        text: "List the workloads that miss most of the pods they want. A series without labels and with value 0 stands for none. For example: Show the top 20 unavailable pods in cluster 'production'.",
        matchers: WORKLOADS,
        sends_limit: false,
        template: "topk(<LIM>, (sum by (<G>) (kube_workload_status_desired{<S>})) - (sum by (<G>) (kube_workload_status_ready{kube_workload_type!=\"daemonset\"<,S>} or kube_daemonset_status_number_ready{<S>}) or vector(0)) > 0 or vector(0))",
        failure: "failed to get top unavailable pods",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_underutilized_pods_cpu_quota",
        title: "Pods far below their CPU quota",
        text: "List the pods that use less than a quarter of their CPU quota; the value is the share that they use. For example: Show the top 10 underutilized pods by CPU quota in cluster 'production'.",
        matchers: &[CLUSTER, NAMESPACE],
        default_limit: 10,
        template: "sum by (<P>)(sysdig_container_cpu_cores_used<SEL>) / (sum by (<P>)(sysdig_container_cpu_cores_quota_limit<SEL>) > 0) < 0.25",
        failure: "failed to get underutilized pod list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_underutilized_pods_memory_quota",
        title: "Pods far below their memory limit",
        text: "List the pods that use less than a quarter of their memory limit; the value is the share that they use. For example: Show the top 10 underutilized pods by memory quota in cluster 'production'.",
        matchers: &[CLUSTER, NAMESPACE],
        default_limit: 10,
        template: "sum by (<P>)(sysdig_container_memory_used_bytes<SEL>) / (sum by (<P>)(sysdig_container_memory_limit_bytes<SEL>) > 0) < 0.25",
        failure: "failed to get underutilized pod list",
        ..PLAIN
    },
    MetricTool {
        name: "k8s_list_workloads",
        title: "List Kubernetes workloads",
        text: "List workloads with the number of their pods in one state. For example: List all desired workloads in the cluster 'production-gke' and namespace 'default'.",
        matchers: &[CLUSTER, NAMESPACE, WORKLOAD, WORKLOAD_TYPE],
        extra: Extra::Status,
        default_limit: 10,
        template: "kube_workload_status_<STATUS><SEL>",
        failure: "failed to get workload list",
        ..PLAIN
    },
];
