package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/user"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
)

// lockPatience is how long a command waits for another one that has the folder.
const lockPatience = 5 * time.Second

// Local opens a data folder on which no daemon runs and gives a client of the same interface, served in this process, for
// as long as close is not called. There are no listeners, and no job is worked on: that is left for the daemon. It fails
// with Conflict when another process keeps the folder for more than five seconds, and with NotFound when there is none.
func Local(ctx context.Context, dir string) (client *api.Client, close func() error, err error) {
	config, err := LoadConfig(dir)
	if err != nil {
		return nil, nil, err
	}
	// There is no daemon whose log could tell what went wrong inside: whoever runs the command sees it.
	o := Options{Dir: dir, Config: config, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	o.setDefaults()
	b, err := openBase(ctx, o, lockPatience)
	if err != nil {
		return nil, nil, err
	}
	client, server, err := b.local()
	if err != nil {
		return nil, nil, errors.Join(err, b.close())
	}
	return client, func() error {
		server.Close()
		return b.close()
	}, nil
}

func (b *base) local() (*api.Client, *apiserver.Server, error) {
	server, err := b.server(b.serverOptions(nil))
	if err != nil {
		return nil, nil, err
	}
	client, err := api.New(api.Options{Transport: apiserver.Local(server, operator())})
	if err != nil {
		server.Close()
	}
	return client, server, err
}

// operator is who runs the command, for the audit trail.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}
