package connect

import "strings"

// Hide gives a configuration that may be shown: values under keys that look
// secret, and passwords inside addresses and JAAS texts, are "****". References
// to secrets kept elsewhere ("${file:…}") stay.
func Hide(config map[string]string) map[string]string {
	var keep secrets
	keep.learn(config)
	shown := make(map[string]string, len(config))
	for key, value := range config {
		switch {
		case SecretKey(key) && !harmless(value):
			shown[key] = hidden
		case keep.holds(value):
			shown[key] = keep.message(value)
		default:
			shown[key] = value
		}
	}
	return shown
}

// holds says whether a text contains one of the secrets.
func (s *secrets) holds(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range s.values {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}
