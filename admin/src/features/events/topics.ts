import i18n from 'i18next';

/** A topic of 1C in the words of the catalogue; an unknown one as it came. */
export function sayTopic(topic: string): string {
  const key = `topic.${topic.replaceAll('.', '_')}`;
  const say = i18n.t as unknown as (key: string) => string;
  return i18n.exists(key) ? say(key) : topic;
}
