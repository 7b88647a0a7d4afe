package connectors

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// cacheFile is the file that keeps the results of this folder and environment,
// or "".
func (l *loading) cacheFile() string {
	dir := l.options.CacheDir
	if l.options.NoCache {
		return ""
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil { // no home, no cache
			return ""
		}
		dir = filepath.Join(user, "kafka-connect-connectors")
	}
	return filepath.Join(dir, fmt.Sprintf("%x.json", sha256.Sum256([]byte(l.folder.dir+"\x00"+l.environment.Name))))
}

// cacheTime is how long results are kept that nobody adds to: folders are
// checked out anew, under other names, every day.
const cacheTime = 30 * 24 * time.Hour

// sweep removes old cache files beside this one, and what a killed run left
// half written. What cannot be removed is left: it is in nobody's way.
func sweep(cacheFile string) {
	if cacheFile == "" {
		return
	}
	ours := regexp.MustCompile(`^[0-9a-f]{64}\.json(\.[0-9]+)?$`)
	entries, _ := os.ReadDir(filepath.Dir(cacheFile)) // none, where there is no folder
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && ours.MatchString(entry.Name()) && info.Mode().IsRegular() && time.Since(info.ModTime()) > cacheTime {
			_ = os.Remove(filepath.Join(filepath.Dir(cacheFile), entry.Name()))
		}
	}
}
