#include <aos/aos.h>

int main(void)
{
    return 0;
}
