package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"alertscale/adapter/cli/demo"
	"alertscale/adapter/cli/explain"
	"alertscale/adapter/cli/replay"
	"alertscale/adapter/cli/ruletest"

	"github.com/alecthomas/kingpin/v2"
)

func testCommand(app *kingpin.Application) command {
	cmd := app.Command("test", "Run unit tests of rules, on a clock that jumps.")
	files := cmd.Arg("file", "The files of tests.").Required().Strings()
	o := ruletest.Options{}
	expandFlag(cmd, &o.Load.ExpandEnv)
	cmd.Flag("run", "Run only the tests whose names this regular expression finds.").RegexpVar(&o.Run)
	cmd.Flag("junit", "Write a report in JUnit's format to this file.").StringVar(&o.JUnit)
	cmd.Flag("coverage", "List the rules that no test made act.").BoolVar(&o.Coverage)
	return command{cmd.FullCommand(), func() (int, error) { return ruletest.Run(os.Stdout, os.Stderr, *files, o), nil }}
}

func explainCommand(app *kingpin.Application) command {
	cmd := app.Command("explain", "Say which rules match which alerts, and what would be decided, with every line of why. Changes nothing.")
	o := explain.Options{In: os.Stdin, Now: time.Now}
	cmd.Arg("payload", "A notification of Alertmanager's webhook, or a list of alerts as Prometheus posts it; - is standard input.").SetValue(&fileName{&o.Payload})
	configFlag(cmd, &o.Config)
	expandFlag(cmd, &o.Load.ExpandEnv)
	cmd.Flag("labels", "In place of a notification: the labels of one alert that fires, NAME=VALUE,….").StringVar(&o.Labels)
	cmd.Flag("annotations", "Its annotations, likewise.").StringVar(&o.Annotations)
	cmd.Flag("resolved", "It is resolved.").BoolVar(&o.Resolved)
	cmd.Flag("sender", "Which of the senders of the file posts them; else all rules may be touched.").StringVar(&o.Sender)
	cmd.Flag("count", "The count of a target or ref: REF=N. May be repeated.").StringsVar(&o.Counts)
	cmd.Flag("hook", "The payload was posted to this hook of upgrades: say what becomes of the images.").StringVar(&o.Hook)
	cmd.Flag("image", "The image of a workload: REF=IMAGE, or REF=CONTAINER=IMAGE. May be repeated.").StringsVar(&o.Images)
	cmd.Flag("url", "The address of a running alertscale, to decide on what it knows.").StringVar(&o.URL)
	cmd.Flag("http.config.file", "A file of credentials and TLS for --url, as amtool and promtool take it.").StringVar(&o.HTTPConfig)
	cmd.Flag("at", "When the alerts come, as in RFC 3339; else now.").StringVar(&o.At)
	cmd.Flag("json", "Print JSON.").BoolVar(&o.JSON)
	return command{cmd.FullCommand(), func() (int, error) { return 0, explain.Run(context.Background(), os.Stdout, o) }}
}

func replayCommand(app *kingpin.Application) command {
	cmd := app.Command("replay", "Say what the rules would have done with notifications that were recorded, or with the alerts that a Prometheus remembers, on a clock that jumps.")
	o := replay.Options{In: os.Stdin}
	cmd.Arg("file", "The files that serve --history recorded, in any order; - is standard input.").SetValue(&fileNames{&o.Files})
	configFlag(cmd, &o.Config)
	expandFlag(cmd, &o.Load.ExpandEnv)
	cmd.Flag("against", "Another file of rules: tell what differs.").StringVar(&o.Against)
	cmd.Flag("count", "The count of a target or ref at the start, in place of the first that was recorded: REF=N. May be repeated.").
		StringsVar(&o.Counts)
	cmd.Flag("follow-counts", "Take the counts that were read later over, as if somebody else had set them.").BoolVar(&o.FollowCounts)
	tailGiven := false
	cmd.Flag("tail", "How long to go on after the last notification; with --prometheus after --to, and then 0 where it is not given.").Default("1h").
		IsSetByUser(&tailGiven).DurationVar(&o.Tail)
	cmd.Flag("out", "Write a page with all of it to this file, which needs nothing else.").StringVar(&o.Out)
	cmd.Flag("json", "Print JSON.").BoolVar(&o.JSON)
	lookbackFlags(cmd, &o.Prometheus)
	return command{cmd.FullCommand(), func() (int, error) {
		if o.Prometheus.URL != "" && !tailGiven {
			o.Tail = 0
		}
		return 0, replay.Run(context.Background(), os.Stdout, os.Stderr, o)
	}}
}

// lookbackFlags say whose alerts are replayed where nothing was recorded.
func lookbackFlags(cmd *kingpin.CmdClause, o *replay.Prometheus) {
	o.Now = time.Now
	cmd.Flag("prometheus", "The address of a Prometheus, whose alerts are replayed in place of what was recorded.").PlaceHolder("URL").StringVar(&o.URL)
	cmd.Flag("from", "From when on: as in RFC 3339, a day such as 2026-03-01, Unix seconds, or how long ago.").Default("7d").StringVar(&o.From)
	cmd.Flag("to", "Until when, likewise.").Default("now").StringVar(&o.To)
	cmd.Flag("step", "How often to look whether alerts fire; default: Prometheus's evaluation_interval.").DurationVar(&o.Step)
	cmd.Flag("alertmanager-config", "Alertmanager's configuration, or AlertmanagerConfigs, or a pattern of files: make notifications as their routes do. "+
		"May be repeated.").PlaceHolder("FILE").StringsVar(&o.Alertmanager)
	cmd.Flag("group-by", "Without --alertmanager-config: the labels by which alerts are grouped, or '...' for each by itself.").Default("alertname,namespace").
		StringVar(&o.GroupBy)
	cmd.Flag("count-query", "An expression for the count of a target or ref: TARGET=PROMQL. Of a family of targets, the labels of each series name a ref. May be repeated.").
		PlaceHolder("TARGET=PROMQL").StringsVar(&o.Counts)
	cmd.Flag("http.config.file", "A file of credentials and TLS for --prometheus, as amtool and promtool take it.").StringVar(&o.HTTPConfig)
	cmd.Flag("timeout", "How long one answer of --prometheus may take.").Default("2m").DurationVar(&o.Timeout)
}

func demoCommand(app *kingpin.Application) command {
	cmd := app.Command("demo", "Run the whole loop in one process, with a simulated service under changing load.")
	o := demo.Options{Terminal: isTerminal(os.Stdout)}
	cmd.Flag("speed", "How much faster than real time the simulated service lives, 3600 at most.").Default("60").Float64Var(&o.Speed)
	cmd.Flag("duration", "How long to run.").Default("1m").DurationVar(&o.Duration)
	cmd.Flag("history", "Record what happens to this file, for alertscale replay.").StringVar(&o.History)
	return command{cmd.FullCommand(), func() (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		return 0, demo.Run(ctx, os.Stdout, o)
	}}
}

// configFlag is the flag of the file of rules.
func configFlag(cmd *kingpin.CmdClause, to *string) {
	cmd.Flag("config.file", "The file of drivers, targets and rules.").Default("alertscale.yml").StringVar(to)
}

// oneFile says of a config.file that was given twice how several files are read.
func oneFile(chosen string, err error) (string, error) {
	if err != nil && strings.Contains(err.Error(), "'config.file' cannot be repeated") {
		err = fmt.Errorf("%w: name one file, which may name others by rule_files: [rules/*.yml]", err)
	}
	return chosen, err
}

// expandFlag is the flag by which variables in the file are replaced.
func expandFlag(cmd *kingpin.CmdClause, to *bool) {
	cmd.Flag("config.expand-env", "Replace ${NAME} and ${NAME:-default} in the values of the file by the environment's variables; $$ is a dollar then.").BoolVar(to)
}
