package kubetest

// The verbs.

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

func labelSet(m map[string]string) labels.Set { return labels.Set(m) }

func (s *Server) handleGet(x *exchange) error {
	o, ok := s.store.get(x.key())
	if !ok {
		return apierrors.NewNotFound(x.kind.groupResource(), x.Name)
	}
	x.reply(http.StatusOK, x.shape(o))
	return nil
}

// shape gives the metadata alone to clients that ask for no more.
func (x *exchange) shape(o runtime.Object) any {
	if !strings.Contains(x.Header.Get("Accept"), "as=PartialObjectMetadata") {
		return o
	}
	p := meta.AsPartialObjectMetadata(accessor(o))
	p.TypeMeta = metav1.TypeMeta{Kind: "PartialObjectMetadata", APIVersion: "meta.k8s.io/v1"}
	return p
}

// selected reads labelSelector and fieldSelector of the query.
func (x *exchange) selected() (func(runtime.Object) bool, error) {
	query := x.URL.Query()
	byLabel, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	byField, err := fields.ParseSelector(query.Get("fieldSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return func(o runtime.Object) bool {
		return byLabel.Matches(labelSet(accessor(o).GetLabels())) && byField.Matches(fieldsOf(o))
	}, nil
}

func (s *Server) handleList(x *exchange) error {
	matches, err := x.selected()
	if err != nil {
		return err
	}
	s.store.mu.Lock()
	all := s.store.listLocked(x.kind, x.Namespace)
	version := s.store.version
	s.store.mu.Unlock()
	items := []any{}
	for _, o := range all {
		if matches(o) {
			items = append(items, x.shape(o))
		}
	}
	listKind, apiVersion := x.kind.Kind+"List", x.kind.GroupVersion().String()
	if strings.Contains(x.Header.Get("Accept"), "as=PartialObjectMetadata") {
		listKind, apiVersion = "PartialObjectMetadataList", "meta.k8s.io/v1"
		if len(items) == 0 {
			items = nil // as the server converts it
		}
	}
	x.reply(http.StatusOK, map[string]any{
		"kind": listKind, "apiVersion": apiVersion,
		"metadata": map[string]any{"resourceVersion": strconv.FormatInt(version, 10)},
		"items":    items,
	})
	return nil
}

// handleWatch sends what changed since resourceVersion, or all there is first,
// until the client goes or timeoutSeconds are over.
func (s *Server) handleWatch(x *exchange) error {
	matches, err := x.selected()
	if err != nil {
		return err
	}
	query := x.URL.Query()
	version, err := strconv.ParseInt(query.Get("resourceVersion"), 10, 64)
	if query.Get("resourceVersion") == "" {
		version, err = 0, nil
	}
	if err != nil {
		return apierrors.NewBadRequest("resourceVersion: Invalid value: " + strconv.Quote(query.Get("resourceVersion")))
	}
	var end <-chan time.Time
	if seconds, err := strconv.Atoi(query.Get("timeoutSeconds")); err == nil {
		timer := time.NewTimer(time.Duration(seconds) * time.Second)
		defer timer.Stop()
		end = timer.C
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(x.w)
	for {
		changes, more := s.store.since(version, x.kind, x.Namespace)
		for _, c := range changes {
			version = c.version
			if !matches(c.event.Object) {
				continue
			}
			line, err := json.Marshal(map[string]any{"type": c.event.Type, "object": x.shape(c.event.Object)})
			if err != nil {
				return nil // the answer has begun
			}
			if _, err := x.w.Write(append(line, '\n')); err != nil {
				return nil // the client is gone
			}
		}
		if flush.Flush() != nil {
			return nil // the client is gone
		}
		select {
		case <-more:
		case <-end:
			return nil
		case <-x.Context().Done():
			return nil
		}
	}
}

const largestBody = 3 << 20

func (x *exchange) body() ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(x.Body, largestBody+1))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if len(content) > largestBody {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("limit is %d", largestBody))
	}
	return content, nil
}

// typed decodes a whole object of the request's kind.
func (s *Server) typed(x *exchange) (runtime.Object, error) {
	if t, _, _ := mime.ParseMediaType(x.Header.Get("Content-Type")); t != "" && t != "application/json" && t != "application/yaml" {
		return nil, apierrors.NewGenericServerResponse(http.StatusUnsupportedMediaType, x.Method, x.kind.groupResource(), x.Name, "", 0, true)
	}
	content, err := x.body()
	if err != nil {
		return nil, err
	}
	return s.decode(x, content)
}

func (s *Server) decode(x *exchange, content []byte) (runtime.Object, error) {
	o, err := s.scheme.New(x.kind.GroupVersionKind)
	if err != nil {
		return nil, err
	}
	unmarshal := func(b []byte, o any) error { return yaml.Unmarshal(b, o) }
	if x.URL.Query().Get("fieldValidation") == "Strict" {
		unmarshal = func(b []byte, o any) error { return yaml.UnmarshalStrict(b, o) }
	}
	if err := unmarshal(content, o); err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v",
			x.kind.Kind, x.kind.Version, x.kind.Kind, err))
	}
	m := accessor(o)
	if m.GetNamespace() != "" && m.GetNamespace() != x.Namespace {
		return nil, apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	m.SetNamespace(x.Namespace)
	return o, nil
}

// manager is the one named, or else the client's name.
func (x *exchange) manager() string {
	if m := x.URL.Query().Get("fieldManager"); m != "" {
		return m
	}
	name, _, _ := strings.Cut(x.UserAgent(), "/")
	return name
}

func (s *Server) handleCreate(x *exchange) error {
	o, err := s.typed(x)
	if err != nil {
		return err
	}
	if x.Name = accessor(o).GetName(); x.Name == "" {
		return apierrors.NewInvalid(x.kind.GroupKind(), "", nil)
	}
	if accessor(o).GetResourceVersion() != "" {
		return apierrors.NewBadRequest("resourceVersion should not be set on objects to be created")
	}
	return s.finish(x, http.StatusCreated, true, func(runtime.Object) (runtime.Object, error) { return o, nil })
}

func (s *Server) handleUpdate(x *exchange) error {
	o, err := s.typed(x)
	if err != nil {
		return err
	}
	if accessor(o).GetName() != x.Name {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", accessor(o).GetName(), x.Name))
	}
	return s.finish(x, http.StatusOK, false, func(runtime.Object) (runtime.Object, error) { return o, nil })
}

func (s *Server) finish(x *exchange, code int, create bool, make edit) error {
	x.Manager = x.manager()
	stored, created, changed, err := s.write(x.key(), s.updateEdit(x.key(), x.Manager, create, make))
	if err != nil {
		return err
	}
	x.Created, x.Changed = created, changed
	x.reply(code, stored)
	return nil
}

func (s *Server) handlePatch(x *exchange, u *user) error {
	content, err := x.body()
	if err != nil {
		return err
	}
	mediaType, _, _ := mime.ParseMediaType(x.Header.Get("Content-Type"))
	if types.PatchType(mediaType) == types.ApplyPatchType {
		return s.handleApply(x, u, content)
	}
	return s.finish(x, http.StatusOK, false, func(live runtime.Object) (runtime.Object, error) {
		before, err := json.Marshal(live)
		if err != nil {
			return nil, err
		}
		after, err := patched(types.PatchType(mediaType), before, content, live)
		if err != nil {
			return nil, err
		}
		return s.decode(x, after)
	})
}

func patched(how types.PatchType, before, patch []byte, live runtime.Object) ([]byte, error) {
	var after []byte
	var err error
	switch how {
	case types.MergePatchType:
		after, err = jsonpatch.MergePatch(before, patch)
	case types.StrategicMergePatchType:
		after, err = strategicpatch.StrategicMergePatch(before, patch, live)
	case types.JSONPatchType:
		var p jsonpatch.Patch
		if p, err = jsonpatch.DecodePatch(patch); err == nil {
			after, err = p.Apply(before)
		}
	default:
		return nil, apierrors.NewGenericServerResponse(http.StatusUnsupportedMediaType, "patch", schema.GroupResource{}, "",
			fmt.Sprintf("the body of the request was in an unknown format - accepted media types include: %s, %s, %s, %s",
				types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType, types.ApplyYAMLPatchType), 0, false)
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return after, nil
}

func (s *Server) handleApply(x *exchange, u *user, content []byte) error {
	query := x.URL.Query()
	x.Manager, x.Force = query.Get("fieldManager"), query.Get("force") == "true"
	if x.Manager == "" {
		return apierrors.NewInvalid(schema.GroupKind{Group: "meta.k8s.io", Kind: "PatchOptions"}, "",
			field.ErrorList{field.Required(field.NewPath("fieldManager"), "is required for apply patch")})
	}
	patch := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(content, &patch.Object); err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("error decoding YAML: %v", err))
	}
	if patch.GroupVersionKind() != x.kind.GroupVersionKind {
		return apierrors.NewBadRequest(fmt.Sprintf("invalid object type: %v", patch.GroupVersionKind()))
	}
	if patch.GetName() != "" && patch.GetName() != x.Name {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", patch.GetName(), x.Name))
	}
	if ns := patch.GetNamespace(); ns != "" && ns != x.Namespace {
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	patch.SetName(x.Name)
	if _, exists := s.store.get(x.key()); !exists {
		create := x.Call
		create.Verb = "create" // an apply that creates needs both
		if err := authorize(u, create); err != nil {
			return err
		}
	}
	stored, created, changed, err := s.write(x.key(), s.applyEdit(x.key(), patch, x.Manager, x.Force))
	if err != nil {
		return err
	}
	x.Created, x.Changed = created, changed
	code := http.StatusOK
	if created {
		code = http.StatusCreated
	}
	x.reply(code, stored)
	return nil
}

func (s *Server) handleDelete(x *exchange) error {
	if x.Name == "" {
		return apierrors.NewMethodNotSupported(x.kind.groupResource(), "deletecollection")
	}
	var options metav1.DeleteOptions
	content, err := x.body()
	if err != nil {
		return err
	}
	if len(content) > 0 {
		if err := json.Unmarshal(content, &options); err != nil {
			return apierrors.NewBadRequest(err.Error())
		}
	}
	o, err := s.remove(x.key(), options)
	if err != nil {
		return err
	}
	x.Changed = true
	if m := accessor(o); m.GetDeletionTimestamp() != nil {
		x.reply(http.StatusOK, o)
		return nil
	}
	x.reply(http.StatusOK, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess,
		Details: &metav1.StatusDetails{Name: x.Name, Group: x.Group, Kind: x.Resource, UID: accessor(o).GetUID()},
	})
	return nil
}
