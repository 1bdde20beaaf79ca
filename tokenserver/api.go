package tokenserver

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/emicklei/go-restful/v3"
	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// The library can install an API by itself, from what looks like a store. Then each
// request goes through what a stored object needs (who owns which of its fields,
// admission, conversion to what is stored), which costs more than all the rest. So
// what it would install is installed here: the same paths and the same documents,
// and a handler of one's own.

// resources are what discovery shows. A subresource wants a parent, which has no
// verb here.
var resources = []metav1.APIResource{
	{Name: parent.Resource, SingularName: "clientcapability", Namespaced: true, Kind: kind.Kind, Verbs: metav1.Verbs{}},
	{
		Name: parent.Resource + "/" + subresource, Namespaced: true, Kind: kind.Kind, Verbs: metav1.Verbs{"create"},
		Group: kind.Group, Version: kind.Version,
	},
}

const subresource = "token"

var (
	kind = v1alpha1.GroupVersion.WithKind("TokenRequest")
	root = "/apis/" + groupVersion

	groupVersion = v1alpha1.GroupVersion.String()
)

// withTokens serves requests for tokens, and leaves the rest to the library, whose
// router makes copies of all routes for each request.
func (s *Server) withTokens(rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if info, ok := request.RequestInfoFrom(req.Context()); ok && isForToken(req, info) {
			s.serveToken(w, req)
			return
		}
		rest.ServeHTTP(w, req)
	})
}

// isForToken holds the path as it was sent against what it was understood as.
func isForToken(req *http.Request, info *request.RequestInfo) bool {
	return req.Method == http.MethodPost && info.Name != "" && asksForToken(info) &&
		req.URL.Path == root+"/namespaces/"+info.Namespace+"/"+parent.Resource+"/"+info.Name+"/"+subresource
}

// install adds the API to the library's server.
func (s *Server) install(server *genericapiserver.GenericAPIServer) error {
	service := new(restful.WebService).Path(root).Doc("API at " + root).ApiVersion(groupVersion).
		Consumes("*/*"). // what can be read is said by the handler
		Produces(runtime.ContentTypeJSON)
	route, err := s.route(service)
	if err != nil {
		return err
	}
	service.Route(route)
	discovery.NewAPIVersionHandler(s.serializer, v1alpha1.GroupVersion,
		discovery.APIResourceListerFunc(func() []metav1.APIResource { return resources })).AddToWebService(service)
	container := server.Handler.GoRestfulContainer
	container.Add(service)

	aggregated, err := endpoints.ConvertGroupVersionIntoToDiscovery(resources)
	if err != nil {
		return fmt.Errorf("describing the API: %w", err)
	}
	server.AggregatedDiscoveryGroupManager.AddGroupVersion(kind.Group, apidiscovery.APIVersionDiscovery{
		Freshness: apidiscovery.DiscoveryFreshnessCurrent, Version: kind.Version, Resources: aggregated,
	})
	version := metav1.GroupVersionForDiscovery{GroupVersion: groupVersion, Version: kind.Version}
	group := metav1.APIGroup{Name: kind.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version}
	server.DiscoveryGroupManager.AddGroup(group)
	container.Add(discovery.NewAPIGroupHandler(s.serializer, group).WebService())
	return nil
}

// route is the one that does something. What it says of itself is for the OpenAPI
// document.
func (s *Server) route(service *restful.WebService) (*restful.RouteBuilder, error) {
	route := service.POST("/namespaces/{namespace}/"+parent.Resource+"/{name}/"+subresource).
		To(func(req *restful.Request, resp *restful.Response) { s.serveToken(resp.ResponseWriter, req.Request) }).
		Doc("create token of a TokenRequest").
		Operation("createNamespacedTokenRequestToken").
		Produces(runtime.ContentTypeJSON).
		Reads(v1alpha1.TokenRequest{}).
		Writes(v1alpha1.TokenRequest{}).
		Returns(http.StatusCreated, "Created", v1alpha1.TokenRequest{}).
		Param(service.QueryParameter("pretty", "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent "+
			"indicates a browser or command-line HTTP tool (curl and wget).")).
		Param(service.PathParameter("name", "name of the ClientCapability").DataType("string")).
		Param(service.PathParameter("namespace", "namespace of the ClientCapability").DataType("string")).
		Metadata(endpoints.RouteMetaGVK, metav1.GroupVersionKind(kind)).
		Metadata(endpoints.RouteMetaAction, strings.ToLower(http.MethodPost))
	if err := endpoints.AddObjectParams(service, route, &metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("describing the API: %w", err)
	}
	return route, nil
}
