#include <aos/threads.h>
#include <names/watch.h>
#include <rpc/serving.h>
#include <stdlib.h>

/// Tells one event. \return false if that was the last
static bool tell(struct names_watch *watch, errval_t err, bool came, const char *name)
{
    serving_take();
    if (!watch->is_over && err_is_ok(err)) {
        watch->told(watch->context, came ? NAMES_CAME : NAMES_WENT, name);
    } else if (!watch->is_over) {
        watch->is_over = true;
        watch->told(watch->context, NAMES_WATCH_ENDED, NULL);
    }
    const bool goes_on = !watch->is_over;
    serving_leave();
    return goes_on;
}

static int follow(void *argument)
{
    struct names_watch *watch = argument;
    bool goes_on;
    do {
        bool came = false;
        char *name = NULL;
        errval_t err = names_next(watch->client, &came, &name);
        goes_on = tell(watch, err, came, name);
        free(name);
    } while (goes_on);
    if (watch->is_unwatched) {
        thread_sem_wait(&watch->unfollowed); // its call uses the channel, too
    }
    rpc_disconnect(watch->client);
    free(watch);
    return 0;
}

errval_t names_follow_with(struct names_watch *watch, const char *prefix, const char *filter)
{
    watch->session = NULL;
    errval_t err = rpc_connect("names", &names_interface, &watch->client);
    if (err_is_fail(err)) {
        return err;
    }
    err = names_follow(watch->client, prefix, filter);
    if (err_is_ok(err)) {
        err = thread_create(follow, watch, NULL);
    }
    if (err_is_fail(err)) {
        rpc_disconnect(watch->client);
    }
    return err;
}

void names_follow_end(struct names_watch *watch)
{
    watch->is_over = true;
    watch->is_unwatched = true;
    watch->told(watch->context, NAMES_WATCH_ENDED, NULL);
    names_unfollow(watch->client); // so the thread's call comes back; or the name server has ended
    thread_sem_post(&watch->unfollowed);
}
