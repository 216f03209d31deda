#include "swarm.h"

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
