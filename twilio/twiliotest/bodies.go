package twiliotest

import "fmt"

// SecretOfAccount stands for the account's AuthToken, which Twilio puts into the
// representation of an account. It must not be found anywhere else.
const SecretOfAccount = "5ecret5ecret5ecret5ecret5ecret00"

// AccountBody is the representation of an account, after the example of
// https://www.twilio.com/docs/iam/api/account.
func AccountBody(sid, status string) string {
	return fmt.Sprintf(`{
  "auth_token": %q,
  "date_created": "Thu, 30 Jul 2015 20:00:00 +0000",
  "date_updated": "Thu, 30 Jul 2015 20:00:00 +0000",
  "friendly_name": "support",
  "owner_account_sid": %q,
  "sid": %[2]q,
  "status": %q,
  "subresource_uris": {"calls": "/2010-04-01/Accounts/%[2]s/Calls.json"},
  "type": "Full",
  "uri": "/2010-04-01/Accounts/%[2]s.json"
}`, SecretOfAccount, sid, status)
}

// ApplicationsBody is a page with one application of an account, after the example of
// https://www.twilio.com/docs/usage/api/applications.
func ApplicationsBody(sid string) string {
	return page(sid, fmt.Sprintf(`{
      "account_sid": %q,
      "api_version": "2010-04-01",
      "friendly_name": "support",
      "sid": "AP0123456789abcdef0123456789abcdef",
      "uri": "/2010-04-01/Accounts/%[1]s/Applications/AP0123456789abcdef0123456789abcdef.json",
      "voice_url": null
    }`, sid))
}

// NoApplicationsBody is the page of an account without applications.
func NoApplicationsBody(sid string) string { return page(sid, "") }

func page(sid, applications string) string {
	return fmt.Sprintf(`{
  "applications": [%s],
  "end": 0,
  "first_page_uri": "/2010-04-01/Accounts/%[2]s/Applications.json?PageSize=1&Page=0",
  "next_page_uri": null,
  "page": 0,
  "page_size": 1,
  "previous_page_uri": null,
  "start": 0,
  "uri": "/2010-04-01/Accounts/%[2]s/Applications.json?PageSize=1&Page=0"
}`, applications, sid)
}

// ErrorBody is Twilio's representation of an error, after
// https://www.twilio.com/docs/usage/twilios-response.
func ErrorBody(status, number int, message string) string {
	return fmt.Sprintf(`{"code": %d, "message": %q, "more_info": "https://www.twilio.com/docs/errors/%[1]d", "status": %[3]d}`,
		number, message, status)
}
