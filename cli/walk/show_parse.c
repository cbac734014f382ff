/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the show language:
 *
 *	any  = all { or all }		all  = not { and not }		not = "not" not | "(" any ")" | test
 *	test = FIELD [op] VALUE {, VALUE} | FIELD | PREFIX | WORD | "TEXT"
 *
 * Nesting, tests and steps are bounded. A mistake is told with its column.
 */
#include "walk/show_test.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind {
	END,
	WORD,
	QUOTED,
	OPEN,
	CLOSE,
	COMMA,
	AND,
	OR,
	NOT,
	OP
};

struct token {
	enum kind kind;
	int at;
	enum rd_show_op op;
	bool turned; // !=
	char text[RD_SHOW_TEXT];
};

struct parser {
	const char *text;
	size_t pos;
	struct token next; // looked at, not taken
	struct rd_show *show;
	struct rd_show_err *err;
	unsigned depth;
};

static const struct sign {
	const char *text;
	enum kind kind;
	enum rd_show_op op;
} signs[] = {{"&&", AND, 0}, {"||", OR, 0}, {"!=", OP, RD_SHOW_IS}, {"==", OP, RD_SHOW_IS},
	{"<=", OP, RD_SHOW_MOST}, {">=", OP, RD_SHOW_LEAST}, {"=", OP, RD_SHOW_IS},
	{"<", OP, RD_SHOW_LESS}, {">", OP, RD_SHOW_MORE}, {"~", OP, RD_SHOW_MATCHES},
	{"(", OPEN, 0}, {")", CLOSE, 0}, {",", COMMA, 0}, {"!", NOT, 0}},
  names[] = {{"and", AND, 0}, {"or", OR, 0}, {"not", NOT, 0}, {"in", OP, RD_SHOW_IS},
	  {"contains", OP, RD_SHOW_CONTAINS}, {"matches", OP, RD_SHOW_MATCHES}};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool fail(struct parser *p, int at, bool more, const char *what)
{
	if (p->err->what[0] != '\0')
		return false; // the first mistake is the one to tell
	p->err->at = at;
	p->err->more = more;
	snprintf(p->err->what, sizeof(p->err->what), "%s", what);
	return false;
}

static const struct sign *sign_at(const char *text)
{
	for (unsigned i = 0; i < COUNT(signs); i++)
		if (strncmp(text, signs[i].text, strlen(signs[i].text)) == 0)
			return &signs[i];
	return NULL;
}

// What stands inside quotation marks; \ takes the sign behind it as it is.
static bool read_quoted(struct parser *p, struct token *t)
{
	size_t n = 0;

	t->kind = QUOTED;
	for (p->pos++; p->text[p->pos] != '"'; p->pos++) {
		if (p->text[p->pos] == '\\' && p->text[p->pos + 1] != '\0')
			p->pos++;
		if (p->text[p->pos] == '\0')
			return fail(p, (int)p->pos, true, "the quotation mark is not closed");
		t->text[n++] = p->text[p->pos];
	}
	p->pos++;
	t->text[n] = '\0';
	return true;
}

// Up to a blank or a sign; | and & and ! alone belong to it.
static void read_word(struct parser *p, struct token *t)
{
	size_t n = 0;

	t->kind = WORD;
	while (p->text[p->pos] != '\0' && !isspace((unsigned char)p->text[p->pos])
		&& p->text[p->pos] != '"'
		&& (sign_at(p->text + p->pos) == NULL
			|| (p->text[p->pos] == '!' && p->text[p->pos + 1] != '=')))
		t->text[n++] = p->text[p->pos++];
	t->text[n] = '\0';
	for (unsigned i = 0; i < COUNT(names); i++)
		if (strcasecmp(t->text, names[i].text) == 0) {
			t->kind = names[i].kind;
			t->op = names[i].op;
		}
}

// Goes on to the next token. False after a mistake.
static bool take(struct parser *p)
{
	struct token *t = &p->next;
	const struct sign *sign;

	while (isspace((unsigned char)p->text[p->pos]))
		p->pos++;
	*t = (struct token){.kind = END, .at = (int)p->pos};
	if (p->text[p->pos] == '\0')
		return true;
	if (p->text[p->pos] == '"')
		return read_quoted(p, t);
	sign = sign_at(p->text + p->pos);
	if (sign == NULL) {
		read_word(p, t);
		return true;
	}
	t->kind = sign->kind;
	t->op = sign->op;
	t->turned = sign->text[0] == '!' && sign->kind == OP;
	p->pos += strlen(sign->text);
	return true;
}

static bool step(struct parser *p, unsigned what)
{
	if (p->show->steps == RD_SHOW_STEPS)
		return fail(p, p->next.at, false, "this is too long");
	p->show->step[p->show->steps++] = (uint8_t)what;
	return true;
}

// A new test of this field, and the step that asks it. NULL after a mistake.
static struct rd_show_test *add_test(struct parser *p, enum rd_show_id field, enum rd_show_op op)
{
	struct rd_show *s = p->show;
	struct rd_show_test *t = s->tests < RD_SHOW_TESTS ? calloc(1, sizeof(*t)) : NULL;

	if (t == NULL) {
		fail(p, p->next.at, false, "this is too long");
		return NULL;
	}
	t->field = field;
	t->op = op;
	s->test[s->tests++] = t;
	return step(p, RD_SHOW_ASK + s->tests - 1) ? t : NULL;
}

// Whether the text goes on to be one of the words that are taken here.
static bool begins_a_word(enum rd_show_id field, const char *text)
{
	const char *word;

	for (unsigned i = 0; (word = rd_show_word(field, i)) != NULL; i++)
		if (strncasecmp(word, text, strlen(text)) == 0)
			return true;
	return false;
}

// Takes the token as one more value of the test.
static bool value(struct parser *p, struct rd_show_test *t)
{
	char why[sizeof(p->err->what)];
	const struct token *v = &p->next;
	bool last = p->text[p->pos] == '\0' && v->kind == WORD;

	if (v->kind != WORD && v->kind != QUOTED)
		return fail(p, v->at, v->kind == END, "a value is missing");
	if (t->n == RD_SHOW_VALUES)
		return fail(p, v->at, false, "a list has at most 8 values");
	if (!rd_show_value(t->field, t->op, v->text, &t->value[t->n], why, sizeof(why)))
		return fail(p, v->at, last && begins_a_word(t->field, v->text), why);
	t->n++;
	if (t->op == RD_SHOW_MATCHES && !rd_show_regex(t, why, sizeof(why)))
		return fail(p, v->at, false, why);
	return take(p);
}

static bool values(struct parser *p, struct rd_show_test *t)
{
	bool list = t->op == RD_SHOW_IS || t->op == RD_SHOW_CONTAINS;

	if (!value(p, t))
		return false;
	while (p->next.kind == COMMA) {
		if (!list)
			return fail(p, p->next.at, false, "only one value can stand here");
		if (!take(p) || !value(p, t))
			return false;
	}
	return true;
}

static bool op_suits(enum rd_show_id field, enum rd_show_op op)
{
	const struct rd_show_field *f = &rd_show_fields[field];

	if (op == RD_SHOW_IS)
		return f->type != RD_SHOW_FLAG;
	if (op == RD_SHOW_CONTAINS || op == RD_SHOW_MATCHES)
		return f->type == RD_SHOW_STRING;
	return !f->words && (f->type == RD_SHOW_NUMBER || f->type == RD_SHOW_TIME);
}

// Behind the name of a field: op and values, values, or nothing.
static bool field_test(struct parser *p, enum rd_show_id field)
{
	struct token op = p->next;
	struct rd_show_test *t;

	if (op.kind != OP && (field == RD_SHOW_MARK || (op.kind != WORD && op.kind != QUOTED)))
		return add_test(p, field, RD_SHOW_THERE) != NULL;
	if (op.kind != OP)
		op.op = RD_SHOW_IS;
	if (!op_suits(field, op.op))
		return fail(p, op.at, false, "this can't be asked of this field");
	t = add_test(p, field, op.op);
	if (t == NULL || (op.kind == OP && !take(p)) || !values(p, t))
		return false;
	return !op.turned || step(p, RD_SHOW_NOT);
}

// A word or text without a field: an address, or what is to be found in the packet's words, its end, or stage@port.
static bool bare_test(struct parser *p, const struct token *word)
{
	char why[sizeof(p->err->what)];
	struct rd_show_test *t;
	struct rd_show_value v;

	if (word->kind == WORD && p->next.kind == OP)
		return fail(p, word->at, false, "there is no such field; Tab lists them");
	if (word->kind == WORD
		&& rd_show_value(RD_SHOW_IP, RD_SHOW_IS, word->text, &v, why, sizeof(why))) {
		t = add_test(p, RD_SHOW_IP, RD_SHOW_IS);
	} else {
		t = add_test(p, RD_SHOW_ANYWHERE,
			word->kind == WORD ? RD_SHOW_MATCHES : RD_SHOW_CONTAINS);
		v = (struct rd_show_value){0};
		snprintf(v.text, sizeof(v.text), "%s", word->text);
	}
	if (t == NULL)
		return false;
	t->value[0] = v;
	t->n = 1;
	return t->op != RD_SHOW_MATCHES || rd_show_regex(t, why, sizeof(why))
		|| fail(p, word->at, false, why);
}

static bool any(struct parser *p);

static bool in_brackets(struct parser *p)
{
	if (!take(p) || !any(p))
		return false;
	if (p->next.kind != CLOSE)
		return fail(p, p->next.at, p->next.kind == END,
			p->next.kind == END ? "a bracket is not closed" : "and, or, ) expected");
	return take(p);
}

static bool not(struct parser * p)
{
	struct token word = p->next;
	enum rd_show_id field;
	bool good;

	if (p->depth++ == RD_SHOW_DEPTH)
		return fail(p, word.at, false, "this is too deep");
	if (word.kind == NOT)
		good = take(p) && not(p) && step(p, RD_SHOW_NOT);
	else if (word.kind == OPEN)
		good = in_brackets(p);
	else if (word.kind != WORD && word.kind != QUOTED)
		good = fail(
			p, word.at, word.kind == END, "a field, an address or a text is expected");
	else if (!take(p))
		good = false;
	else {
		field = word.kind == WORD ? rd_show_field(word.text) : RD_SHOW_IDS;
		good = field != RD_SHOW_IDS ? field_test(p, field) : bare_test(p, &word);
	}
	p->depth--;
	return good;
}

static bool all(struct parser *p)
{
	bool good = not(p);

	while (good && p->next.kind == AND)
		good = take(p) && not(p) && step(p, RD_SHOW_AND);
	return good;
}

static bool any(struct parser *p)
{
	bool good = all(p);

	while (good && p->next.kind == OR)
		good = take(p) && all(p) && step(p, RD_SHOW_OR);
	return good;
}

struct rd_show *rd_show_parse(const char *text, struct rd_show_err *err)
{
	struct parser p = {.text = text, .err = err, .show = calloc(1, sizeof(*p.show))};

	*err = (struct rd_show_err){0};
	if (p.show == NULL)
		fail(&p, 0, false, "out of memory");
	else if (strlen(text) >= RD_SHOW_TEXT)
		fail(&p, RD_SHOW_TEXT - 1, false, "this is too long");
	else if (take(&p) && any(&p) && p.next.kind != END)
		fail(&p, p.next.at, false, "and, or expected");
	if (err->what[0] == '\0')
		return p.show;
	rd_show_free(p.show);
	return NULL;
}
