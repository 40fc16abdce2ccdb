package main

import (
	"os"

	"alertscale/adapter/cli"

	"github.com/alecthomas/kingpin/v2"
)

func checkCommand(app *kingpin.Application) command {
	cmd := app.Command("check", "Check files of rules and targets, and print all their faults, and warnings of what is probably not meant.")
	o := cli.CheckOptions{Stdin: os.Stdin}
	cmd.Arg("file", "The files to check; - is standard input.").Required().SetValue(&fileNames{&o.Files})
	lint := cmd.Flag("lint", "What warnings do: warn, or fail as faults do.").Default("warn").Enum("warn", "fail")
	cmd.Flag("connect", "Also connect to the drivers, and look whether the workloads of fixed targets are there. Changes nothing.").BoolVar(&o.Connect)
	expandFlag(cmd, &o.ExpandEnv)
	format := cmd.Flag("format", "How to print what was found: text, json.").Default("text").Enum("text", "json")
	cmd.Flag("alertmanager-config", "Alertmanager's configuration, or AlertmanagerConfigs, or a pattern of files: "+
		"follow the alerts of --rules through its routes to the rules. May be repeated.").PlaceHolder("FILE").StringsVar(&o.Alertmanager)
	cmd.Flag("rules", "Prometheus's rules, or PrometheusRules, or Prometheus's configuration, or a pattern of files such as 'rules/*.conf': "+
		"whose alerts to follow. May be repeated.").PlaceHolder("FILE").StringsVar(&o.Rules)
	return command{cmd.FullCommand(), func() (int, error) {
		o.LintFails, o.JSON = *lint == "fail", *format == "json"
		return cli.Check(os.Stdout, os.Stderr, o), nil
	}}
}
