/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replays kept inputs through a fuzz target where there is no libFuzzer (gcc): files, or all files
 * of a folder. Options are ignored, so that the same command line works with both.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned replayed;

static int replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size > 0 ? size : 1); // exact, for ASan and valgrind
	int rc = -EIO;

	if (f != NULL && data != NULL && fread(data, 1, size, f) == size) {
		(void)LLVMFuzzerTestOneInput(data, size);
		replayed++;
		rc = 0;
	} else {
		fprintf(stderr, "%s: can't be read\n", path);
	}
	free(data);
	if (f != NULL)
		fclose(f);
	return rc;
}

static int replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int rc = dir != NULL ? 0 : -errno;

	while (rc == 0 && (e = readdir(dir)) != NULL) {
		char file[4096];
		struct stat st;

		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			rc = replay_file(file, (size_t)st.st_size);
	}
	if (dir != NULL)
		closedir(dir);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = 0;

	for (int i = 1; i < argc && rc == 0; i++) {
		struct stat st;

		if (argv[i][0] == '-')
			continue;
		if (stat(argv[i], &st) < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			rc = -errno;
		} else {
			rc = S_ISDIR(st.st_mode) ? replay_folder(argv[i])
						 : replay_file(argv[i], (size_t)st.st_size);
		}
	}
	fprintf(stderr, "%u inputs replayed\n", replayed);
	return rc == 0 && replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
