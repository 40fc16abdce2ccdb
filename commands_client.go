package main

import (
	"context"
	"os"
	"time"

	"alertscale/adapter/cli/client"

	"github.com/alecthomas/kingpin/v2"
)

// command is one beside serve. It returns the exit code, or an error.
type command struct {
	name string
	run  func() (code int, err error)
}

// clientCommands are those that ask a running alertscale, or tell it something.
func clientCommands(app *kingpin.Application) []command {
	return []command{
		targetsCommand(app), decisionsCommand(app), rulesCommand(app), pauseCommand(app), resumeCommand(app), healthcheckCommand(app),
	}
}

func targetsCommand(app *kingpin.Application) command {
	cmd := app.Command("targets", "List what a running alertscale knows of each ref: counts, cooldowns, pauses, active rules.")
	o := askFlags(cmd)
	outputFlag(cmd, o)
	return asking(cmd, func(ctx context.Context) error { return client.Targets(ctx, *o) })
}

func decisionsCommand(app *kingpin.Application) command {
	cmd := app.Command("decisions", "List what a running alertscale did and why, newest first.")
	o, q := askFlags(cmd), client.DecisionsQuery{}
	outputFlag(cmd, o)
	why := cmd.Flag("why", "Print each line of why, and the alerts: short for --output=extended.").Bool()
	cmd.Flag("ref", "Only those of this ref, as targets lists it.").StringVar(&q.Ref)
	cmd.Flag("rule", "Only those of this rule.").StringVar(&q.Rule)
	cmd.Flag("verdict", "Only those with this verdict, such as scaled or failed.").StringVar(&q.Verdict)
	cmd.Flag("since", "Only those since then: how long ago, such as 5m, or a time as in RFC 3339 or in Unix seconds.").StringVar(&q.Since)
	cmd.Flag("limit", "No more than so many; 0: all.").Default("20").IntVar(&q.Limit)
	return asking(cmd, func(ctx context.Context) error {
		if *why && o.Output == client.Simple {
			o.Output = client.Extended
		}
		return client.Decisions(ctx, *o, q)
	})
}

func rulesCommand(app *kingpin.Application) command {
	cmd := app.Command("rules", "List the rules of a running alertscale, and for how many refs each is active.")
	o := askFlags(cmd)
	outputFlag(cmd, o)
	return asking(cmd, func(ctx context.Context) error { return client.Rules(ctx, *o) })
}

func pauseCommand(app *kingpin.Application) command {
	cmd := app.Command("pause", "Have a running alertscale leave a ref alone for a while.")
	ref, direction := refFlags(cmd)
	length := cmd.Flag("for", "How long, such as 30m, 2h or 1d.").Required().String()
	o := askFlags(cmd)
	outputFlag(cmd, o)
	return asking(cmd, func(ctx context.Context) error { return client.Pause(ctx, *o, *ref, *direction, *length) })
}

func resumeCommand(app *kingpin.Application) command {
	cmd := app.Command("resume", "End the pauses of a ref: what waits goes on.")
	ref, direction := refFlags(cmd)
	o := askFlags(cmd)
	outputFlag(cmd, o)
	return asking(cmd, func(ctx context.Context) error { return client.Resume(ctx, *o, *ref, *direction) })
}

func healthcheckCommand(app *kingpin.Application) command {
	cmd := app.Command("healthcheck", "Find out whether an alertscale lives: a probe for containers. A refusal of one that asks for a password, or for TLS, counts as life.")
	h := client.HealthcheckOptions{}
	cmd.Flag("ready", "Find out whether it takes notifications; that it tells only those who may ask.").BoolVar(&h.Ready)
	cmd.Flag("insecure-skip-verify", "Take any certificate: one that is self-signed, or not for the name that is asked, such as localhost.").
		BoolVar(&h.SkipVerify)
	o := askFlags(cmd)
	cmd.GetFlag("timeout").Default("3s")
	return asking(cmd, func(ctx context.Context) error { return client.Healthcheck(ctx, *o, h) })
}

// asking is a command that asks.
func asking(cmd *kingpin.CmdClause, run func(context.Context) error) command {
	return command{cmd.FullCommand(), func() (int, error) { return 0, run(context.Background()) }}
}

// askFlags are the flags that say whom to ask.
func askFlags(cmd *kingpin.CmdClause) *client.Options {
	o := &client.Options{Now: time.Now, Out: os.Stdout, Err: os.Stderr}
	cmd.Flag("url", "The address of a running alertscale, with the path that it is served under, if any.").
		Default("http://localhost:9098").Envar("ALERTSCALE_URL").StringVar(&o.URL)
	cmd.Flag("http.config.file", "A file of credentials and TLS, as amtool and promtool take it.").
		Envar("ALERTSCALE_HTTP_CONFIG_FILE").StringVar(&o.HTTPConfig)
	cmd.Flag("timeout", "How long one answer may take.").Default("30s").DurationVar(&o.Timeout)
	return o
}

func outputFlag(cmd *kingpin.CmdClause, o *client.Options) {
	cmd.Flag("output", "What to print: simple (a table), extended (all that is known), json (the data of the API).").Short('o').
		Default(client.Simple).EnumVar(&o.Output, client.Simple, client.Extended, client.JSON)
}

// refFlags are a ref and a direction.
func refFlags(cmd *kingpin.CmdClause) (ref, direction *string) {
	ref = cmd.Arg("ref", "The ref, as targets lists it, such as kubernetes:Deployment/shop/web.").Required().String()
	direction = cmd.Flag("direction", "Only changes up, or down.").Default("both").Enum("up", "down", "both")
	return ref, direction
}
