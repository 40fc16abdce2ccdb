package rancher

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// containers makes the containers of a unit.
func (s *Server) containers(r *resource, u *unit, at time.Time) []*resource {
	main, _ := r.fields["launchConfig"].(map[string]any)
	parts := []*resource{s.container(r, u, "", main, at)}
	sidekicks, _ := r.fields["secondaryLaunchConfigs"].([]any)
	for _, one := range sidekicks {
		config, _ := one.(map[string]any)
		name, _ := config["name"].(string)
		parts = append(parts, s.container(r, u, name+"-", config, at))
	}
	return parts
}

func (s *Server) container(r *resource, u *unit, part string, config map[string]any, at time.Time) *resource {
	stack := ""
	if parent := s.store.byID[r.text("stackId")]; parent != nil {
		stack = parent.name() + "-"
	}
	c := s.store.add(s.schemas.of("container"), r.account, map[string]any{
		"name": fmt.Sprintf("%s%s-%s%d", stack, r.name(), part, u.index), "kind": "container",
		"hostId": u.host.id, "serviceId": r.id, "serviceIds": []string{r.id}, "stackId": r.fields["stackId"],
		"imageUuid": config["imageUuid"], "labels": config["labels"], "ports": config["ports"],
		"createIndex": u.index, "startOnCreate": true, "system": false,
	}, at)
	c.state = "running"
	return c
}

// launchConfig is what the server makes of the one that it was given.
func launchConfig(kind string, given map[string]any) map[string]any {
	config := map[string]any{
		"type": kind, "instanceTriggeredStop": "stop", "kind": "container", "networkMode": "managed",
		"privileged": false, "publishAllPorts": false, "readOnly": false, "runInit": false, "startOnCreate": true,
		"stdinOpen": false, "system": false, "tty": false, "version": "0", "vcpu": 1, "drainTimeoutMs": 0,
	}
	for name, value := range given {
		if value != nil {
			config[name] = value
		}
	}
	config["type"] = kind
	return config
}

// cleanConfigs completes a new service's launch configurations.
func (s *Server) cleanConfigs(kind *schema, fields map[string]any) {
	if given, ok := fields["launchConfig"].(map[string]any); ok {
		fields["launchConfig"] = launchConfig("launchConfig", given)
		if kind.ID == "loadBalancerService" {
			fields["launchConfig"] = balancer(fields["launchConfig"].(map[string]any))
		}
	}
	if given, ok := fields["lbConfig"].(map[string]any); ok {
		config := maps.Clone(given)
		config["type"] = "lbConfig"
		fields["lbConfig"] = config
	}
	sidekicks, _ := fields["secondaryLaunchConfigs"].([]any)
	for i, one := range sidekicks {
		if given, ok := one.(map[string]any); ok {
			sidekicks[i] = launchConfig("secondaryLaunchConfig", given)
		}
	}
}

// completeConfigs is what registering does to the launch configurations.
func completeConfigs(fields map[string]any) {
	if fields["secondaryLaunchConfigs"] == nil {
		fields["secondaryLaunchConfigs"] = []any{}
	}
	config, _ := fields["launchConfig"].(map[string]any)
	if config == nil {
		fields["launchConfig"] = map[string]any{"type": "launchConfig"}
		return
	}
	given, _ := config["ports"].([]any)
	if given == nil {
		return
	}
	ports := make([]any, len(given))
	for i, one := range given {
		ports[i] = one
		if port := plainText(one); !strings.Contains(port, "/") {
			ports[i] = port + "/tcp"
		}
	}
	config = maps.Clone(config)
	config["ports"] = ports
	fields["launchConfig"] = config
}

// balancer adds what every balancer's containers have.
func balancer(config map[string]any) map[string]any {
	labels := map[string]any{}
	if given, ok := config["labels"].(map[string]any); ok {
		maps.Copy(labels, given)
	}
	labels["io.rancher.container.agent.role"] = "environmentAdmin"
	labels["io.rancher.container.create_agent"] = "true"
	config["labels"] = labels
	config["healthCheck"] = map[string]any{
		"type": "instanceHealthCheck", "name": nil, "port": 42, "interval": 2000, "responseTimeout": 2000,
		"healthyThreshold": 2, "unhealthyThreshold": 3, "initializingTimeout": 60000, "reinitializingTimeout": 60000,
		"requestLine": nil, "strategy": nil, "recreateOnQuorumStrategyConfig": nil,
	}
	return config
}

const globalLabel = "io.rancher.scheduler.global"

// isGlobal says whether any launch configuration asks for a container on
// every host.
func isGlobal(r *resource) bool {
	configs, _ := r.fields["secondaryLaunchConfigs"].([]any)
	for _, one := range append([]any{r.fields["launchConfig"]}, configs...) {
		config, _ := one.(map[string]any)
		labels, _ := config["labels"].(map[string]any)
		if labels[globalLabel] == "true" {
			return true
		}
	}
	return false
}

// hostPorts are the ports that a unit takes on its host, as "80/tcp".
func hostPorts(r *resource) []string {
	var ports []string
	configs, _ := r.fields["secondaryLaunchConfigs"].([]any)
	for _, one := range append([]any{r.fields["launchConfig"]}, configs...) {
		config, _ := one.(map[string]any)
		given, _ := config["ports"].([]any)
		for _, p := range given {
			if port := publicPort(plainText(p)); port != "" {
				ports = append(ports, port)
			}
		}
	}
	return ports
}

// publicPort reads "80:8080/udp" as "80/udp"; "8080" takes none.
func publicPort(port string) string {
	port, protocol, found := strings.Cut(port, "/")
	if !found {
		protocol = "tcp"
	}
	parts := strings.Split(port, ":")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2] + "/" + protocol
}

// endpoints are the addresses that units can be reached at.
func endpoints(units []*unit) []any {
	var list []any
	for _, u := range units {
		for _, port := range u.ports {
			if !u.up || len(u.parts) == 0 {
				continue
			}
			text, _, _ := strings.Cut(port, "/")
			number, _ := strconv.Atoi(text)
			list = append(list, map[string]any{
				"type": "publicEndpoint", "hostId": u.host.id, "instanceId": u.parts[0].id, "serviceId": u.service.id,
				"ipAddress": u.host.fields["agentIpAddress"], "port": number,
			})
		}
	}
	return list
}
