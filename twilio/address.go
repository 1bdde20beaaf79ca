package twilio

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// DefaultBaseURL is where Twilio serves its REST API for the region us1.
const DefaultBaseURL = "https://" + apiHost

const (
	apiHost = "api.twilio.com"
	us1     = "us1"
)

// edges are the edges of Twilio's network through which the REST API of a region is
// asked, in place of api.twilio.com, which is us1's. Those of ie1 and au1, the
// regions besides us1 in which Twilio processes data, are from
// https://www.twilio.com/docs/global-infrastructure/api-domain-migration-guide, and
// that of jp1 from https://www.twilio.com/docs/twilio-cli/general-usage/regional.
//
// The names that Twilio's libraries make of a region alone, such as
// api.ie1.twilio.com, answer no longer since 2026-04-28, by the same guide; the
// libraries want the edge from their caller again (twilio-node 6.2.0, twilio-go
// 1.31.0; https://github.com/twilio/twilio-java/pull/936). br1, de1, jp2, sg1 and
// us2 are old names of edges, not places where credentials are kept
// (https://www.twilio.com/docs/global-infrastructure/edge-locations/legacy-regions).
var edges = map[string]string{
	"au1": "sydney",
	"ie1": "dublin",
	"jp1": "tokyo",
}

// ValidateBaseURL checks the URL under which Twilio's REST API is asked: https,
// or http on loopback, where tests listen, with no user name, query or fragment.
// The error says what to write, and nothing of what was written.
func ValidateBaseURL(base string) error {
	_, err := parseBaseURL(base)
	return err
}

func parseBaseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		// The error of url.Parse would quote what was written.
		return nil, errors.New("the URL of Twilio's API is not an absolute https URL; write for instance " + DefaultBaseURL)
	case u.User != nil:
		return nil, errors.New("the URL of Twilio's API has a user name or password in it; leave them out: " +
			"the credentials are those of the account that is asked about")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the URL of Twilio's API has a query or fragment; write for instance " + DefaultBaseURL)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("the URL of Twilio's API is http, which would show credentials to the network; write https:// " +
			"(http is for 127.0.0.1, [::1] and localhost alone)")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// address is where credentials of the region are asked about; false where no
// address is known, since a wrong one could refuse what another would accept.
func (c *Client) address(region string) (*url.URL, bool) {
	if region == "" || region == us1 || !strings.EqualFold(c.base.Hostname(), apiHost) {
		return c.base, true
	}
	edge, known := edges[region]
	if !known {
		return nil, false
	}
	regional := *c.base
	regional.Host = "api." + edge + "." + region + ".twilio.com"
	if port := c.base.Port(); port != "" {
		regional.Host += ":" + port
	}
	return &regional, true
}
