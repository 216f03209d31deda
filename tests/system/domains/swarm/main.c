#include "swarm.h"

const char *argument(int argc, char *argv[], const char *name)
{
    size_t length = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') {
            return argv[i] + length + 1;
        }
    }
    return "";
}

int main(int argc, char *argv[])
{
    const char *role = argument(argc, argv, "role");
    if (strcmp(role, "member") == 0) {
        return be_member(argc, argv);
    }
    if (strcmp(role, "brief") == 0) {
        return atoi(argument(argc, argv, "code"));
    }
    return conduct(argc, argv);
}
