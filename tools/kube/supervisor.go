package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// supervisor runs the parts of the control plane. Each part has a context of its own, so that the parts can be stopped in the opposite
// order of their start: the apiserver after those that call it.
type supervisor struct {
	// ended receives the error of a part that ended without being stopped.
	ended chan error
}

func newSupervisor() *supervisor { return &supervisor{ended: make(chan error, 8)} }

// start runs a part until the returned function is called, which waits for its end.
func (s *supervisor) start(name string, part func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		err := part(ctx)
		if ctx.Err() == nil {
			s.ended <- fmt.Errorf("%s ended: %w", name, err)
		}
		close(done)
	}()
	return func() {
		cancel()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			say("%s did not end within 15 s", name)
		}
	}
}

// await repeats check until it succeeds, a part ends or ctx is done.
func (s *supervisor) await(ctx context.Context, what string, check func(context.Context) error) error {
	for limit := time.Now().Add(2 * time.Minute); ; {
		err := check(ctx)
		if err == nil {
			say("%s", what)
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("not within 2 minutes: %s: %w", what, err)
		}
		select {
		case err := <-s.ended:
			return err
		case <-ctx.Done():
			return errors.New("stopped while starting")
		case <-time.After(100 * time.Millisecond):
		}
	}
}
