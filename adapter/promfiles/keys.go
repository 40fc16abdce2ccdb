package promfiles

// keys are the names that a configuration has for what is read of it.
type keys struct {
	groupBy, groupWait, groupInterval, repeatInterval string
	webhooks, sendResolved, maxAlerts                 string

	objects bool // a matcher is an object, {name: …, value: …}, and no text

	passed []string // keys of a route that are of no interest here
}

// fileKeys are those of Alertmanager's configuration.
var fileKeys = keys{
	groupBy: "group_by", groupWait: "group_wait", groupInterval: "group_interval", repeatInterval: "repeat_interval",
	webhooks: "webhook_configs", sendResolved: "send_resolved", maxAlerts: "max_alerts",
	passed: []string{"mute_time_intervals", "active_time_intervals", "labels"},
}

// manifestKeys are those of an AlertmanagerConfig.
var manifestKeys = keys{
	groupBy: "groupBy", groupWait: "groupWait", groupInterval: "groupInterval", repeatInterval: "repeatInterval",
	webhooks: "webhookConfigs", sendResolved: "sendResolved", maxAlerts: "maxAlerts",
	objects: true, passed: []string{"muteTimeIntervals", "activeTimeIntervals"},
}
