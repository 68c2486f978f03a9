// Holds a Containerfile against BuildKit's own parser and all its lint rules (`docker build --check`), and compose files
// against Compose's own loader (`docker compose config`). Neither Docker nor a registry is asked.
//
//	definitions containerfile FILE [--build-arg NAME=VALUE …]
//	definitions compose FILE …
//
// Prints a line for each mistake; exits with 1 if there is one.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// In place of a registry: every image exists that is named with a tag, and sets nothing. BuildKit takes the name of a stage
// that does not exist for an image.
type anyImage struct{}

func (anyImage) ResolveImageConfig(_ context.Context, reference string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if name, isUntagged := strings.CutSuffix(reference, ":latest"); isUntagged {
		return "", "", nil, fmt.Errorf("%s is neither a stage nor an image with a tag", strings.TrimPrefix(name, "docker.io/library/"))
	}
	config, err := json.Marshal(ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}})
	return reference, digest.FromBytes(config), config, err
}

func checkContainerfile(path string, arguments map[string]string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	source := llb.NewSourceMap(nil, path, "Dockerfile", text)
	source.Definition = &llb.Definition{} // where the file came from, which nobody asks here
	results, err := dockerfile2llb.DockerfileLint(context.Background(), text, dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{BuildArgs: arguments, LinterConfig: &linter.Config{ExperimentalAll: true}},
		SourceMap:    source,
		MetaResolver: anyImage{},
	})
	if err != nil {
		return nil, err
	}
	var mistakes []string
	if results.Error != nil {
		mistakes = append(mistakes, at(path, &results.Error.Location)+results.Error.Message)
	}
	for _, warning := range results.Warnings {
		mistakes = append(mistakes, at(path, warning.Location)+warning.RuleName+": "+warning.Detail)
	}
	return mistakes, nil
}

func at(path string, location *pb.Location) string {
	if location == nil || len(location.Ranges) == 0 {
		return path + ": "
	}
	return fmt.Sprintf("%s:%d: ", path, location.Ranges[0].Start.Line)
}

// Without the environment files, which deploy/make-secrets writes.
func checkCompose(path string) []string {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithName("stagedoor"),
		cli.WithWorkingDirectory(filepath.Dir(path)), cli.WithoutEnvironmentResolution)
	if err == nil {
		_, err = options.LoadProject(context.Background())
	}
	if err != nil {
		return []string{path + ": " + strings.ReplaceAll(err.Error(), "\n", " ")}
	}
	return nil
}

func check(given []string) ([]string, error) {
	if len(given) < 2 {
		return nil, fmt.Errorf("usage: definitions containerfile FILE [--build-arg NAME=VALUE …] | compose FILE …")
	}
	switch given[0] {
	case "containerfile":
		arguments := map[string]string{}
		for rest := given[2:]; len(rest) > 0; rest = rest[2:] {
			if len(rest) < 2 || rest[0] != "--build-arg" {
				return nil, fmt.Errorf("unknown argument: %s", rest[0])
			}
			name, value, _ := strings.Cut(rest[1], "=")
			arguments[name] = value
		}
		return checkContainerfile(given[1], arguments)
	case "compose":
		var mistakes []string
		for _, path := range given[1:] {
			mistakes = append(mistakes, checkCompose(path)...)
		}
		return mistakes, nil
	}
	return nil, fmt.Errorf("unknown command: %s", given[0])
}

func main() {
	mistakes, err := check(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, each := range mistakes {
		fmt.Println(each)
	}
	if len(mistakes) > 0 {
		os.Exit(1)
	}
}
