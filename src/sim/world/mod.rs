//! The made-up world that both simulated backends show: the same customers,
//! machines, addresses, domains and Kubernetes clusters, so that a question across
//! both makes sense. Readable tables, no behaviour and no time.
//!
//! Only documentation address ranges, private ranges, and names under `.example`
//! or `example.net` occur. What only one backend knows (cases, events, runtime
//! findings) lives with that backend.

/// A customer of the fictional security provider.
#[derive(Clone, Copy, Debug)]
pub struct Customer {
    /// Number of the customer.
    pub id: u64,
    /// Name to use in queries.
    pub short_name: &'static str,
    /// Display name.
    pub name: &'static str,
    /// `group` or `leaf`.
    pub kind: &'static str,
    /// The group it belongs to.
    pub parent: Option<u64>,
    /// `norwegian` or `english`.
    pub language: &'static str,
    /// IANA name.
    pub time_zone: &'static str,
    /// Customer flags.
    pub flags: &'static [&'static str],
}

/// All customers.
#[rustfmt::skip] // a table
pub const CUSTOMERS: &[Customer] = &[
    customer(1, "mnemonic", "mnemonic", "group", None, "english", &["rootCustomerGroup"]),
    customer(2100, "nordic-energy", "Nordic Energy group", "group", Some(1), "english", &[]),
    customer(2171, "nordfjord", "Nordfjord Kraft AS", "leaf", Some(2100), "norwegian", &[]),
    customer(2172, "havbris", "Havbris Shipping ASA", "leaf", Some(1), "norwegian", &[]),
    customer(2188, "bergtun", "Bergtun Sykehus HF", "leaf", Some(1), "norwegian", &["excludeFromProduction"]),
];

/// Nordfjord Kraft AS.
pub const NORDFJORD: u64 = 2171;
/// Havbris Shipping ASA.
pub const HAVBRIS: u64 = 2172;
/// Bergtun Sykehus HF.
pub const BERGTUN: u64 = 2188;

const fn customer(
    id: u64,
    short_name: &'static str,
    name: &'static str,
    kind: &'static str,
    parent: Option<u64>,
    language: &'static str,
    flags: &'static [&'static str],
) -> Customer {
    Customer { id, short_name, name, kind, parent, language, time_zone: "Europe/Oslo", flags }
}

/// The customer with this number.
#[must_use]
pub fn customer_by_id(id: u64) -> Option<&'static Customer> {
    CUSTOMERS.iter().find(|customer| customer.id == id)
}

/// The customer that a query names, by number or short name.
#[must_use]
pub fn customer_by_name(id_or_short_name: &str) -> Option<&'static Customer> {
    CUSTOMERS.iter().find(|c| c.short_name == id_or_short_name || c.id.to_string() == id_or_short_name)
}

/// A person or service account.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Number of the user.
    pub id: u64,
    /// The customer it belongs to.
    pub customer: u64,
    /// Login name.
    pub user_name: &'static str,
    /// Display name.
    pub name: &'static str,
    /// `user` or `group`.
    pub kind: &'static str,
}

/// All users.
#[rustfmt::skip] // a table
pub const USERS: &[User] = &[
    User { id: 120, customer: 1, user_name: "soc-analyst-7", name: "SOC analyst 7", kind: "user" },
    User { id: 121, customer: 1, user_name: "soc-analyst-3", name: "SOC analyst 3", kind: "user" },
    User { id: 90211, customer: NORDFJORD, user_name: "k.solheim", name: "Kari Solheim", kind: "user" },
    User { id: 90214, customer: NORDFJORD, user_name: "t.aas", name: "Tor Aas", kind: "user" },
    User { id: 90330, customer: HAVBRIS, user_name: "m.lie", name: "Mona Lie", kind: "user" },
    User { id: 90402, customer: BERGTUN, user_name: "svc-edr", name: "EDR service account", kind: "user" },
];

/// The user with this number.
#[must_use]
pub fn user_by_id(id: u64) -> Option<&'static User> {
    USERS.iter().find(|user| user.id == id)
}

/// A named machine.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Short name, in lower case.
    pub name: &'static str,
    /// Fully qualified name.
    pub fqdn: &'static str,
    /// The customer it belongs to.
    pub customer: u64,
    /// Its address.
    pub ip: &'static str,
    /// Its hardware address.
    pub mac: &'static str,
    /// Operating system.
    pub os: &'static str,
    /// What it is for.
    pub role: &'static str,
    /// `low`, `medium`, `high` or `critical`.
    pub criticality: &'static str,
    /// The Kubernetes cluster that it is a node of.
    pub cluster: Option<&'static str>,
}

/// All named machines. Kubernetes nodes are the ones with a cluster.
#[rustfmt::skip] // a table
pub const HOSTS: &[Host] = &[
    host("nfk-ws-0417", "nfk-ws-0417.nordfjord.example", NORDFJORD, "10.20.4.17", "02:00:5e:20:04:17", "Windows 11 23H2", "finance workstation", "medium"),
    host("nfk-dc-01", "nfk-dc-01.nordfjord.example", NORDFJORD, "10.20.0.10", "02:00:5e:20:00:10", "Windows Server 2022", "domain controller", "high"),
    host("nfk-fw-01", "nfk-fw-01.nordfjord.example", NORDFJORD, "10.20.0.1", "02:00:5e:20:00:01", "FortiOS 7.4", "perimeter firewall", "high"),
    host("nfk-scada-gw", "nfk-scada-gw.nordfjord.example", NORDFJORD, "10.21.1.5", "02:00:5e:21:01:05", "Debian 12", "gateway to the control network", "critical"),
    host("nfk-ids-01", "nfk-ids-01.nordfjord.example", NORDFJORD, "10.20.0.5", "02:00:5e:20:00:05", "Debian 12", "network sensor", "medium"),
    node("nfk-k8s-01", "nfk-k8s-01.nordfjord.example", NORDFJORD, "10.20.8.11", "02:00:5e:20:08:11", "prod-eu-1"),
    node("nfk-k8s-02", "nfk-k8s-02.nordfjord.example", NORDFJORD, "10.20.8.12", "02:00:5e:20:08:12", "prod-eu-1"),
    node("nfk-k8s-stg-01", "nfk-k8s-stg-01.nordfjord.example", NORDFJORD, "10.20.9.11", "02:00:5e:20:09:11", "staging-1"),
    host("hbr-web-01", "hbr-web-01.havbris.example", HAVBRIS, "192.0.2.80", "02:00:5e:02:00:80", "Ubuntu 24.04", "booking portal front", "high"),
    host("hbr-mail-01", "hbr-mail-01.havbris.example", HAVBRIS, "192.0.2.25", "02:00:5e:02:00:25", "Ubuntu 22.04", "mail server", "high"),
    host("hbr-ids-01", "hbr-ids-01.havbris.example", HAVBRIS, "10.40.0.5", "02:00:5e:40:00:05", "Debian 12", "network sensor", "medium"),
    host("hbr-ws-0112", "hbr-ws-0112.havbris.example", HAVBRIS, "10.40.3.112", "02:00:5e:40:03:70", "Windows 11 23H2", "office workstation", "medium"),
    node("hbr-k8s-01", "hbr-k8s-01.havbris.example", HAVBRIS, "10.40.8.21", "02:00:5e:40:08:21", "prod-us-2"),
    node("hbr-k8s-02", "hbr-k8s-02.havbris.example", HAVBRIS, "10.40.8.22", "02:00:5e:40:08:22", "prod-us-2"),
    host("bts-pacs-02", "bts-pacs-02.bergtun.example", BERGTUN, "10.60.2.22", "02:00:5e:60:02:22", "Windows Server 2019", "imaging server", "critical"),
    host("bts-ehr-01", "bts-ehr-01.bergtun.example", BERGTUN, "10.60.2.10", "02:00:5e:60:02:10", "Red Hat Enterprise Linux 9", "patient records", "critical"),
    host("bts-ids-01", "bts-ids-01.bergtun.example", BERGTUN, "10.60.0.5", "02:00:5e:60:00:05", "Debian 12", "network sensor", "medium"),
    node("bts-k8s-01", "bts-k8s-01.bergtun.example", BERGTUN, "10.60.8.31", "02:00:5e:60:08:31", "cluster1"),
];

#[expect(clippy::too_many_arguments, reason = "one table row per call")]
const fn host(
    name: &'static str,
    fqdn: &'static str,
    customer: u64,
    ip: &'static str,
    mac: &'static str,
    os: &'static str,
    role: &'static str,
    criticality: &'static str,
) -> Host {
    Host { name, fqdn, customer, ip, mac, os, role, criticality, cluster: None }
}

const fn node(
    name: &'static str,
    fqdn: &'static str,
    customer: u64,
    ip: &'static str,
    mac: &'static str,
    cluster: &'static str,
) -> Host {
    Host {
        name,
        fqdn,
        customer,
        ip,
        mac,
        os: "Ubuntu 24.04",
        role: "Kubernetes node",
        criticality: "high",
        cluster: Some(cluster),
    }
}

/// The machine with this short name.
#[must_use]
pub fn host_by_name(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}

/// The machine with this address.
#[must_use]
pub fn host_by_ip(ip: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.ip == ip)
}

/// A Kubernetes cluster; its nodes are the hosts that name it.
#[derive(Clone, Copy, Debug)]
pub struct Cluster {
    /// Name, as in labels.
    pub name: &'static str,
    /// The customer it belongs to.
    pub customer: u64,
    /// `aws` or `gcp`.
    pub provider: &'static str,
    /// Region in the provider's spelling.
    pub region: &'static str,
    /// Account or project number.
    pub account: &'static str,
    /// Kubernetes version.
    pub version: &'static str,
}

/// All clusters.
#[rustfmt::skip] // a table
pub const CLUSTERS: &[Cluster] = &[
    Cluster { name: "prod-eu-1", customer: NORDFJORD, provider: "aws", region: "eu-north-1", account: "123456789012", version: "v1.33.4" },
    Cluster { name: "prod-us-2", customer: HAVBRIS, provider: "aws", region: "us-east-1", account: "210987654321", version: "v1.32.7" },
    Cluster { name: "staging-1", customer: NORDFJORD, provider: "aws", region: "eu-north-1", account: "123456789012", version: "v1.34.1" },
    Cluster { name: "cluster1", customer: BERGTUN, provider: "gcp", region: "europe-north1", account: "bergtun-clinical", version: "v1.31.9" },
];

/// A workload in a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Name of the cluster.
    pub cluster: &'static str,
    /// Namespace.
    pub namespace: &'static str,
    /// Name.
    pub name: &'static str,
    /// `deployment`, `statefulset`, `daemonset` or `cronjob`.
    pub kind: &'static str,
    /// Image repository.
    pub image: &'static str,
    /// Image tag.
    pub tag: &'static str,
    /// Pods wanted.
    pub replicas: u32,
    /// Reachable from outside the cluster.
    pub exposed: bool,
    /// Process that normally runs in it.
    pub process: &'static str,
}

/// All workloads.
#[rustfmt::skip] // a table
pub const WORKLOADS: &[Workload] = &[
    workload("prod-eu-1", "shop", "checkout-api", "deployment", "registry.example/nordfjord/checkout-api", "4.12.1", 3, true, "node server.js"),
    workload("prod-eu-1", "shop", "customer-portal", "deployment", "registry.example/nordfjord/customer-portal", "2.8.0", 2, true, "nginx -g daemon off;"),
    workload("prod-eu-1", "metering", "meter-ingest", "statefulset", "registry.example/nordfjord/meter-ingest", "1.30.2", 2, false, "java -jar ingest.jar"),
    workload("prod-eu-1", "kube-system", "node-exporter", "daemonset", "registry.example/base/node-exporter", "1.9.0", 2, false, "node_exporter"),
    workload("prod-us-2", "booking", "booking-portal", "deployment", "registry.example/havbris/booking-portal", "7.3.4", 4, true, "node app.js"),
    workload("prod-us-2", "booking", "booking-db", "statefulset", "registry.example/base/postgres", "16.4", 1, false, "postgres"),
    workload("prod-us-2", "fleet", "position-feed", "deployment", "registry.example/havbris/position-feed", "0.19.0", 2, true, "python feed.py"),
    workload("prod-us-2", "fleet", "manifest-export", "cronjob", "registry.example/havbris/manifest-export", "0.4.1", 1, false, "python export.py"),
    workload("staging-1", "shop", "checkout-api", "deployment", "registry.example/nordfjord/checkout-api", "4.13.0-rc2", 1, false, "node server.js"),
    workload("cluster1", "imaging", "dicom-router", "deployment", "registry.example/bergtun/dicom-router", "3.1.0", 2, true, "java -jar router.jar"),
    workload("cluster1", "imaging", "study-archive", "statefulset", "registry.example/base/postgres", "16.4", 1, false, "postgres"),
    workload("cluster1", "records", "ehr-sync", "cronjob", "registry.example/bergtun/ehr-sync", "1.2.6", 1, false, "python sync.py"),
];

#[expect(clippy::too_many_arguments, reason = "one table row per call")]
const fn workload(
    cluster: &'static str,
    namespace: &'static str,
    name: &'static str,
    kind: &'static str,
    image: &'static str,
    tag: &'static str,
    replicas: u32,
    exposed: bool,
    process: &'static str,
) -> Workload {
    Workload { cluster, namespace, name, kind, image, tag, replicas, exposed, process }
}

/// The machines of one cluster.
pub fn nodes_of(cluster: &str) -> impl Iterator<Item = &'static Host> {
    HOSTS.iter().filter(move |host| host.cluster == Some(cluster))
}

/// Controller of the beacon at Nordfjord (case 4120771).
pub const BEACON_IP: &str = "203.0.113.66";
/// Domain of the beacon at Nordfjord.
pub const BEACON_DOMAIN: &str = "cdn-sync.example";
/// Landing page of the phishing at Nordfjord (case 4120790).
pub const PHISHING_IP: &str = "198.51.100.23";
/// Domain of the phishing at Nordfjord.
pub const PHISHING_DOMAIN: &str = "login-portal.example";
/// A known scanner, harmless by decision.
pub const SCANNER_IP: &str = "198.51.100.99";
/// Host that served the miner's first stage in the containers.
pub const DROPPER_IP: &str = "203.0.113.50";
/// Mining pool that the miner in the containers talks to.
pub const MINING_POOL: &str = "pool.example.net:3333";
/// Address of the booking portal under flood (case 4120802).
pub const BOOKING_IP: &str = "192.0.2.80";
/// Name of the booking portal under flood.
pub const BOOKING_DOMAIN: &str = "booking.havbris.example";
/// Storage service that data left Bergtun for (case 4120201).
pub const EXFIL_DOMAIN: &str = "dropzone-storage.example";
/// Address of that storage service.
pub const EXFIL_IP: &str = "203.0.113.140";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_inside_the_tables_resolves() {
        for host in HOSTS {
            assert!(customer_by_id(host.customer).is_some(), "{}", host.name);
            if let Some(cluster) = host.cluster {
                let owner = CLUSTERS.iter().find(|c| c.name == cluster).unwrap();
                assert_eq!(owner.customer, host.customer, "{}", host.name);
            }
        }
        for workload in WORKLOADS {
            assert!(nodes_of(workload.cluster).count() > 0, "{}", workload.name);
        }
        for user in USERS {
            assert!(customer_by_id(user.customer).is_some(), "{}", user.user_name);
        }
    }

    #[test]
    fn names_and_addresses_are_unique() {
        let names: std::collections::BTreeSet<_> = HOSTS.iter().map(|h| h.name).collect();
        let ips: std::collections::BTreeSet<_> = HOSTS.iter().map(|h| h.ip).collect();
        assert_eq!((names.len(), ips.len()), (HOSTS.len(), HOSTS.len()));
    }
}
