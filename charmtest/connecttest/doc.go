// Package connecttest is a Kafka Connect cluster inside a test: workers with a REST API, state that outlives them, and
// connectors that really move lines.
//
// It answers as real workers were seen to answer. testdata/rest-script.txt holds calls and their answers; [Script] makes
// the same calls against any worker, so what is claimed here can be checked against the real thing at any time:
//
//	exchanges, err := connecttest.Script(ctx, "http://127.0.0.1:8083")
//	differences := connecttest.Differences(exchanges, "4.3.1")
//
// Beside the good days a [Cluster] has the bad ones: rebalances that come by themselves or are held open by the test,
// answers that are late, lost or never come, tasks that fail, workers that die. A [Store] is what real workers keep in
// Kafka; give the same one to a later cluster and its connectors are there again.
package connecttest
