/* cJSON's own look-ups accept NULL for the object, so a line that is no JSON has no fields. */
#include "cli/answer.h"

const char *answer_text(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return text ? text : "";
}

bool answer_true(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

uint64_t answer_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e18 ? (uint64_t)item->valuedouble : 0;
}

hc_coin_sum answer_sum(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    double number = cJSON_IsNumber(item) ? item->valuedouble : 0;

    return number > -1e30 && number < 1e30 ? (hc_coin_sum)number : 0;
}
