/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Completion of file names: the entries of the directory that was typed so far. Folders end in a slash.
 */
#include "engine/tree.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

// Blanks and signs would end the word.
static bool is_plain(const char *name)
{
	return name[strcspn(name, " \t\r\n\"\\#|")] == '\0';
}

void rd_complete_files(const char *prefix, const char *help, rd_cli_candidate_fn each, void *arg)
{
	const char *slash = strrchr(prefix, '/'), *name = slash != NULL ? slash + 1 : prefix;
	char folder[PATH_MAX], word[PATH_MAX + 258]; // a name has at most 255 bytes
	struct dirent *entry;
	DIR *dir;

	if ((size_t)(name - prefix) >= sizeof(folder))
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(name - prefix), prefix);
	dir = opendir(folder[0] != '\0' ? folder : ".");
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, name, strlen(name)) != 0 || !is_plain(entry->d_name)
			|| (entry->d_name[0] == '.' && name[0] != '.'))
			continue;
		snprintf(word, sizeof(word), "%s%s", folder, entry->d_name);
		if (is_folder(word))
			snprintf(word, sizeof(word), "%s%s/", folder, entry->d_name);
		each(arg, word, help);
	}
	if (dir != NULL)
		closedir(dir);
}
