/**
 * The domain `echo`: offers the service of that name, to the suite `rpc` and to tests.
 *
 * Arguments: service=NAME, if it is to have another name; ready=bench, if a bench domain waits for it.
 */
#include "service.h"

#include <aos/aos.h>
#include <aos/names.h>
#include <interfaces/bench.h>
#include <string.h>

static const char *argument(int argc, char *argv[], const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') {
            return argv[i] + length + 1;
        }
    }
    return otherwise;
}

static errval_t say_ready(void)
{
    struct rpc_client *init;
    errval_t err = rpc_connect("bench", &bench_interface, &init);
    if (err_is_ok(err)) {
        err = bench_serving(init);
        rpc_disconnect(init);
    }
    return err;
}

int main(int argc, char *argv[])
{
    const char *name = argument(argc, argv, "name", NULL);
    errval_t err = name ? names_export(name, "kind=echo", &echo_service)
                        : rpc_export(argument(argc, argv, "service", "echo"), &echo_service);
    if (err_is_ok(err) && strcmp(argument(argc, argv, "ready", ""), "bench") == 0) {
        err = say_ready();
    }
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "offering a service");
    }
    rpc_serve();
}
