package main

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

// arguments of every operation; each uses some.
type arguments struct {
	ID           int64             `json:"id"`
	IDs          []int64           `json:"ids"`
	Name         string            `json:"name"`
	Label        string            `json:"labelSelector"`
	Fingerprint  string            `json:"fingerprint"`
	IP           string            `json:"ip"`
	Labels       map[string]string `json:"labels"`
	PublicKey    string            `json:"publicKey"`
	ServerType   json.RawMessage   `json:"serverType"`
	Image        json.RawMessage   `json:"image"`
	Location     string            `json:"location"`
	SSHKeys      []int64           `json:"sshKeys"`
	UserData     string            `json:"userData"`
	Start        *bool             `json:"startAfterCreate"`
	Architecture string            `json:"architecture"`
	Type         string            `json:"type"`
	Deprecated   bool              `json:"includeDeprecated"`
	PublicNet    *struct {
		IPv4 bool `json:"enableIpv4"`
		IPv6 bool `json:"enableIpv6"`
	} `json:"publicNet"`
}

type operation func(ctx context.Context, client *hcloud.Client, args arguments) (any, error)

// operations by the names that our SDK gives them. A nil value without an error: there is none.
var operations = map[string]operation{
	"servers.create":       createServer,
	"servers.get":          getServer,
	"servers.list":         listServers,
	"servers.updateLabels": updateServerLabels,
	"servers.delete":       deleteServer,
	"servers.powerOn":      powerOn,
	"servers.powerOff":     powerOff,
	"sshKeys.list":         listKeys,
	"sshKeys.get":          getKey,
	"sshKeys.create":       createKey,
	"sshKeys.update":       updateKey,
	"sshKeys.delete":       deleteKey,
	"actions.get":          getAction,
	"actions.wait":         waitForActions,
	"serverTypes.list":     listServerTypes,
	"locations.list":       listLocations,
	"images.list":          listImages,
	"pricing.get":          getPricing,
	"primaryIps.list":      listPrimaryIPs,
	"primaryIps.delete":    deletePrimaryIP,
}

type object = map[string]any

func serverView(server *hcloud.Server) any {
	if server == nil {
		return nil
	}
	var address any
	if !server.PublicNet.IPv4.IsUnspecified() {
		address = server.PublicNet.IPv4.IP.String()
	}
	labels := server.Labels
	if labels == nil {
		labels = map[string]string{}
	}
	return object{"id": server.ID, "name": server.Name, "status": server.Status, "ipv4": address, "labels": labels}
}

func keyView(key *hcloud.SSHKey) any {
	if key == nil {
		return nil
	}
	return object{"id": key.ID, "name": key.Name, "fingerprint": key.Fingerprint, "publicKey": key.PublicKey}
}

func actionView(action *hcloud.Action) any {
	if action == nil {
		return nil
	}
	return object{"id": action.ID, "command": action.Command, "status": action.Status}
}

func views[T any](items []*T, view func(*T) any) any {
	all := make([]any, len(items))
	for index, item := range items {
		all[index] = view(item)
	}
	return all
}

func createServer(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.ServerCreateOpts{
		Name: args.Name, UserData: args.UserData, StartAfterCreate: args.Start, Labels: args.Labels,
		ServerType: &hcloud.ServerType{}, Image: &hcloud.Image{},
	}
	idOrName(args.ServerType, &opts.ServerType.ID, &opts.ServerType.Name)
	idOrName(args.Image, &opts.Image.ID, &opts.Image.Name)
	for _, id := range args.SSHKeys {
		opts.SSHKeys = append(opts.SSHKeys, &hcloud.SSHKey{ID: id})
	}
	if args.Location != "" {
		opts.Location = &hcloud.Location{Name: args.Location}
	}
	if args.PublicNet != nil {
		opts.PublicNet = &hcloud.ServerCreatePublicNet{EnableIPv4: args.PublicNet.IPv4, EnableIPv6: args.PublicNet.IPv6}
	}
	result, _, err := client.Server.Create(ctx, opts)
	if err != nil {
		return nil, err
	}
	return object{
		"server": serverView(result.Server), "action": actionView(result.Action),
		"nextActions": views(result.NextActions, actionView), "rootPassword": result.RootPassword,
	}, nil
}

func idOrName(raw json.RawMessage, id *int64, name *string) {
	if json.Unmarshal(raw, id) != nil {
		_ = json.Unmarshal(raw, name)
	}
}

func getServer(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	server, _, err := client.Server.GetByID(ctx, args.ID)
	return serverView(server), err
}

func listServers(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.ServerListOpts{Name: args.Name}
	opts.LabelSelector, opts.PerPage = args.Label, 50
	servers, err := client.Server.AllWithOpts(ctx, opts)
	return listed(servers, serverView, err)
}

// listed keeps an empty list apart from "there is none".
func listed[T any](items []*T, view func(*T) any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return views(items, view), nil
}

func updateServerLabels(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	server, _, err := client.Server.Update(ctx, &hcloud.Server{ID: args.ID}, hcloud.ServerUpdateOpts{Labels: args.Labels})
	return serverView(server), err
}

func deleteServer(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	result, _, err := client.Server.DeleteWithResult(ctx, &hcloud.Server{ID: args.ID})
	if err != nil {
		return nil, err
	}
	return actionView(result.Action), nil
}

func powerOn(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	action, _, err := client.Server.Poweron(ctx, &hcloud.Server{ID: args.ID})
	return actionView(action), err
}

func powerOff(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	action, _, err := client.Server.Poweroff(ctx, &hcloud.Server{ID: args.ID})
	return actionView(action), err
}

func listKeys(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.SSHKeyListOpts{Name: args.Name, Fingerprint: args.Fingerprint}
	opts.LabelSelector, opts.PerPage = args.Label, 50
	keys, err := client.SSHKey.AllWithOpts(ctx, opts)
	return listed(keys, keyView, err)
}

func getKey(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	key, _, err := client.SSHKey.GetByID(ctx, args.ID)
	return keyView(key), err
}

func createKey(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.SSHKeyCreateOpts{Name: args.Name, PublicKey: args.PublicKey, Labels: args.Labels}
	key, _, err := client.SSHKey.Create(ctx, opts)
	return keyView(key), err
}

func updateKey(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.SSHKeyUpdateOpts{Name: args.Name, Labels: args.Labels}
	key, _, err := client.SSHKey.Update(ctx, &hcloud.SSHKey{ID: args.ID}, opts)
	return keyView(key), err
}

func deleteKey(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	_, err := client.SSHKey.Delete(ctx, &hcloud.SSHKey{ID: args.ID})
	return deleted(err)
}

func getAction(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	action, _, err := client.Action.GetByID(ctx, args.ID)
	return actionView(action), err
}

// waitForActions goes on after a failed action, as ours does: hcloud-go leaves that to the callback.
func waitForActions(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	actions := make([]*hcloud.Action, len(args.IDs))
	for index, id := range args.IDs {
		actions[index] = &hcloud.Action{ID: id, Status: hcloud.ActionStatusRunning}
	}
	succeeded, failed := []int64{}, []object{}
	err := client.Action.WaitForFunc(ctx, func(update *hcloud.Action) error {
		switch update.Status {
		case hcloud.ActionStatusSuccess:
			succeeded = append(succeeded, update.ID)
		case hcloud.ActionStatusError:
			failed = append(failed, object{"id": update.ID, "code": update.ErrorCode})
		}
		return nil
	}, actions...)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	slices.Sort(succeeded)
	slices.SortFunc(failed, func(a, b object) int { return int(a["id"].(int64) - b["id"].(int64)) })
	return object{"succeeded": succeeded, "failed": failed}, err
}

func listServerTypes(ctx context.Context, client *hcloud.Client, _ arguments) (any, error) {
	types, err := client.ServerType.All(ctx)
	return listed(types, func(item *hcloud.ServerType) any {
		locations := []object{}
		for _, at := range item.Locations {
			locations = append(locations, object{"name": at.Location.Name, "available": at.Available})
		}
		return object{"id": item.ID, "name": item.Name, "memory": item.Memory, "locations": locations}
	}, err)
}

func listLocations(ctx context.Context, client *hcloud.Client, _ arguments) (any, error) {
	locations, err := client.Location.All(ctx)
	return listed(locations, func(item *hcloud.Location) any {
		return object{"id": item.ID, "name": item.Name, "networkZone": item.NetworkZone}
	}, err)
}

func listImages(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.ImageListOpts{Name: args.Name, IncludeDeprecated: args.Deprecated}
	opts.PerPage = 50
	if args.Architecture != "" {
		opts.Architecture = []hcloud.Architecture{hcloud.Architecture(args.Architecture)}
	}
	if args.Type != "" {
		opts.Type = []hcloud.ImageType{hcloud.ImageType(args.Type)}
	}
	images, err := client.Image.AllWithOpts(ctx, opts)
	return listed(images, func(item *hcloud.Image) any {
		return object{"id": item.ID, "name": item.Name, "architecture": item.Architecture}
	}, err)
}

func getPricing(ctx context.Context, client *hcloud.Client, _ arguments) (any, error) {
	pricing, _, err := client.Pricing.Get(ctx)
	if err != nil {
		return nil, err
	}
	return object{"currency": pricing.Currency, "vatRate": pricing.VATRate, "serverTypes": len(pricing.ServerTypes)}, nil
}

func listPrimaryIPs(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	opts := hcloud.PrimaryIPListOpts{Name: args.Name, IP: args.IP}
	opts.LabelSelector, opts.PerPage = args.Label, 50
	addresses, err := client.PrimaryIP.AllWithOpts(ctx, opts)
	return listed(addresses, func(item *hcloud.PrimaryIP) any {
		ip := item.IP.String()
		if item.Network != nil {
			// Of IPv6 the API gives the network.
			ip = item.Network.String()
		}
		return object{"id": item.ID, "ip": ip, "assigneeId": item.AssigneeID}
	}, err)
}

func deletePrimaryIP(ctx context.Context, client *hcloud.Client, args arguments) (any, error) {
	_, err := client.PrimaryIP.Delete(ctx, &hcloud.PrimaryIP{ID: args.ID})
	return deleted(err)
}

func deleted(err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return true, nil
}
