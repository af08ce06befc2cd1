const exits = `
Exit codes:
  0  succeeded
  1  failed, no_effect or aborted
  2  wrong use, a bad suite, refused, or waiting for approval
  3  something could not be proven undone`

/** In the list of commands, whether or not the command's own flags are loaded. */
export const injectDescription = 'one fault, now: a run like any other, of one step that flags describe'

/** What stands below the options in --help, per command. */
export const examples = {
  faultline: `
Examples:
  $ faultline run sandbox/demo-suite.json --sandbox       every kind of fault, in an embedded cluster
  $ faultline plan experiments/stress-test-suite.json     what a run would do on the current context
  $ faultline run experiments/stress-test-suite.json --namespace jadevectordb-system
  $ faultline inject network-partition random --duration 60
  $ faultline test all --duration 300 --report report.html
  $ faultline show latest
  $ faultline reap                                        undo what a killed run has left

To end all chaos from anywhere:
  $ kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline
${exits}`,
  run: `
Examples:
  $ faultline run                                  the default suite; quick and stress come along as well
  $ faultline run stress --duration 600 --grace 30
  $ faultline run experiments/quick-test-suite.json --context staging -n jadevectordb-system --seed 42
  $ faultline run experiments/quick-test-suite.json --report out/report.html --report out/junit.xml
  $ faultline run sandbox/demo-suite.json --sandbox --json
  $ faultline run suite.json --report junit.xml --min-score 95         for a pipeline
  $ faultline run suite.json --injector-image registry.example.com/faultline-injector:1 --fuse-image bitnami/kubectl:1.34
  $ faultline run quick --aws prod                 on AWS, followed from here (docs/aws.md)

Without any kubeconfig the embedded cluster (simulated) is used at a terminal. Ctrl-C undoes everything at once.
Other variables: FAULTLINE_SANDBOX=1, FAULTLINE_ACCEPT_NO_FUSE=1, NO_COLOR, CI (plain lines instead of the live view).
${exits}`,
  inject: `
Examples:
  $ faultline inject network-partition random --duration 60
  $ faultline inject node-failure pod-kill --duration 30 --signal KILL --repeat-every 10 --count 1
  $ faultline inject resource-exhaustion memory --intensity high --duration 120 --targets db-0,db-1
  $ faultline inject network-degradation latency --latency 250 --ports 5432 --duration 60 --dry-run
  $ faultline inject dns-failure servfail --domains '*.s3.amazonaws.com' --share 50 --duration 60
  $ faultline inject http-fault abort --ports 8080 --path '/api/*' --status 503 --share 20 --duration 60
  $ faultline inject node-failure node-drain --node worker-2 --duration 60 --save drain.json

Flags are the keys of a step (docs/suite-format.md): --repeat-every is "repeatEvery"; lists are comma-separated. No grace before and after.
${exits}`,
  test: `
Examples:
  $ faultline test network --duration 300 --report /tmp/network-test-report.txt
  $ faultline test node --duration 300 --report report.html --drain
  $ faultline test resource -n jadevectordb-system --injector-image registry.example.com/faultline-injector:1
  $ faultline test degradation --duration 120 --pause 0
  $ faultline test automated                              the quick suite
  $ faultline test all --duration 600 --report all.xml --allow-skips
  $ faultline test all --duration 120 --sandbox --report all.xml

network: random, all, specific. node: pod-delete, pod-kill, crashloop, pod-pause. resource: memory low, cpu medium, disk medium, network high.
degradation and dns: each kind. http: abort, delay. Each test is a run of its own; an abort ends all of them. What cannot run here is skipped, with the reason: that
is never a pass, and in CI (variable CI) a failure unless --allow-skips.
${exits}`,
  replay: `
Examples:
  $ faultline replay latest
  $ faultline replay default-test-su-20261105 --context staging     on another cluster
  $ faultline replay latest --dry-run
  $ faultline replay latest --json                                  "differences" beside the report

On the cluster of that run, unless --kubeconfig, --context or --sandbox names another one. Targets are drawn anew by the same seed.
${exits}`,
  plan: `
Examples:
  $ faultline plan experiments/default-test-suite.json
  $ faultline plan experiments/default-test-suite.json --context staging --seed 42
  $ faultline plan sandbox/demo-suite.json --sandbox --json
  $ generate-suite | faultline plan -

Asks the suite's probes too (docs/probes.md). Exits with 2 when a run would be refused, and says every reason.`,
  validate: `
Examples:
  $ faultline validate experiments/*-suite.json
  $ faultline validate my-suite.json --json`,
  faults: `
Examples:
  $ faultline faults
  $ faultline faults network-degradation
  $ faultline faults --json`,
  init: `
Examples:
  $ faultline init
  $ faultline init suites/shop.yaml -n shop --workload shop --yes
  $ faultline init --sandbox --yes && faultline plan suite.yaml --sandbox

Only reads the cluster. Deployments and StatefulSets are proposed, their Services as probes. A file that is there stays unless --force.`,
  schema: `
Examples:
  $ faultline schema -o suites/schema.json      then "$schema": "./schema.json" in the suites beside it
  $ faultline schema | check-jsonschema --schemafile /dev/stdin suites/*.json

In a YAML file editors look for it in a comment: # yaml-language-server: $schema=./schema.json`,
  runs: `
Examples:
  $ faultline runs
  $ faultline runs --suite "Default test suite" --limit 5 --json`,
  audit: `
Examples:
  $ faultline audit
  $ faultline audit --since 7d --json | jq 'select(.kind == "halt")'

With --json one entry a line, with all of its text. Nothing of it is ever changed (docs/audit.md).`,
  trend: `
Examples:
  $ faultline trend quick
  $ faultline trend "Default test suite" --limit 50 --json

Score and verdict of each run, and the longest time of a step to be noticed by a probe (detect), to recover, and to be undone after its
planned end (undo). Refused runs are left out; runs on other clusters and namespaces are tables of their own. The newest is compared with the
median of those before that did and expected the same; times that differ by less than 5 s, and scores by less than 1, are taken for the same.`,
  prune: `
Examples:
  $ faultline prune --dry-run
  $ faultline prune --older-than 7 --keep 10

A run goes from the ledger by itself 30 days after its end; its reports stay until this removes them. None that is live goes, nor the audit trail.`,
  diff: `
Examples:
  $ faultline diff nightly-20261104 nightly-20261105
  $ faultline diff nightly-20261104 latest --exit-code       for a pipeline`,
  show: `
Examples:
  $ faultline show latest
  $ faultline show default-test-su-20261105
  $ faultline show latest --json`,
  report: `
Examples:
  $ faultline report latest -o game-day.html
  $ faultline report latest --format markdown | gh pr comment --body-file -
  $ faultline report default-test-su-20261105 --format junit -o junit.xml

Formats: text, json, html, junit, markdown, journal (Chaos Toolkit); docs/reports.md says what is in each.`,
  abort: `
Examples:
  $ faultline abort latest --why "customers notice"
  $ faultline abort default-test-su-20261105 --wait 0
  $ faultline abort latest --kubeconfig fresh.yaml     when the credentials that it was started with are void

Its driver sees this within seconds and undoes everything; a run without a driver is undone here and now.
Exits with 0 when the run is over, with 3 when it is not yet.`,
  reap: `
Examples:
  $ faultline reap
  $ faultline reap --context staging        also sweeps orphans there, and reaps runs on it with these credentials
  $ faultline reap --json

Runs whose driver still lives are left alone. Exits with 3 when something could not be proven undone.`,
  sweep: `
Examples:
  $ faultline sweep --dry-run
  $ faultline sweep --context staging --json

By label, in all namespaces: what belongs to a run that is over, or to one unknown here once it has expired. What a live or dead run still
holds is not touched: "faultline reap" ends dead ones. Exits with 3 when something could not be removed.`,
  doctor: `
Examples:
  $ faultline doctor --injector-image registry.example.com/faultline-injector:1 --fuse-image bitnami/kubectl:1.34
  $ faultline doctor --context staging -n jadevectordb-system --only permissions,network-policies
  $ faultline doctor --aws prod                            what the functions on AWS find, with their own rights
  $ faultline doctor --json

docs/doctor.md says what each check looks at. What it makes in the cluster is gone when it ends, or by itself three minutes later.
Exits with 0 when all is well, with 1 for warnings (what could not be looked at is one), with 2 when something failed.`,
  board: `
Examples:
  $ faultline board                                      http://127.0.0.1:8001, for this machine only
  $ faultline board --port 0 my-suite.json               on a free port; the calendar shows that suite's schedule, too
  $ faultline board --aws prod                           of a deployed installation
  $ ssh -L 8001:127.0.0.1:8001 game-day-host             looks at, and halts, what runs on another machine

What runs is shown live; halt and abort work on the machine that the board runs on (docs/board.md).`,
  metrics: `
Examples:
  $ faultline metrics --port 8000
  $ faultline metrics --host 0.0.0.0 --port 8000     also for a Prometheus on another machine
  $ curl localhost:8000/metrics

The names and their meaning are in docs/metrics.md. /healthz answers "ok".`,
  halt: `
Examples:
  $ faultline halt --why "incident 4711"
  $ faultline halt --aws prod                      the whole installation on AWS
  $ faultline resume

Drivers see it within seconds. It holds for the runs of this state directory; with --aws, for those of
an installation, and the kubectl line of every view ends all chaos on a cluster, of every user.`,
  approve: `
Examples:
  $ faultline approve latest                       shows what it would do to whom, and asks
  $ faultline approve stress-2026 --confirm shop --why "as agreed in the review"
  $ faultline approve stress-2026 --aws prod

The run is driven on from here (with --aws: there), with the flags that the run itself takes. docs/approvals.md says what waits.
${exits}`,
  resume: `
Examples:
  $ faultline resume
  $ faultline resume --json

What was halted is not started anew.`,
  pause: `
Examples:
  $ faultline pause quick --why "release week"
  $ faultline unpause quick

It holds for the runs of this state directory; a run that is live goes on ("abort" ends it).`,
  unpause: `
Examples:
  $ faultline unpause quick
  $ faultline unpause experiments/mine.json --json`,
  resolve: `
Examples:
  $ faultline resolve default-test-su-20261105 --by "Ana" --why "the node was scrapped"`,
  completion: `
Examples:
  $ source <(faultline completion bash)                     # in ~/.bashrc
  $ source <(faultline completion zsh)                      # in ~/.zshrc, after compinit
  $ faultline completion fish | source                      # in ~/.config/fish/config.fish

Namespaces are those of the cluster that --kubeconfig, --context or the environment name; it is waited for 2 s at most.`,
  sandbox: `
Examples:
  $ faultline sandbox
  $ faultline sandbox --replicas 50 --nodes 10 --port 8001
  $ kubectl --kubeconfig .faultline/sandbox.kubeconfig get pods -A

It is a simulation: the API is real enough for kubectl, the pods are not real.`,
} as const
