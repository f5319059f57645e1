/**
 * {@code ./tandem demo --story}: five scenes with one robot and two operators, told in the console
 * and checked while they are played.
 *
 * <p>Start at {@link tandem.deploy.story.Scenes}: the list of scenes, each with its caption, what
 * is done and what has to be seen. {@link tandem.deploy.story.StoryDemo} starts node, guard and
 * robot as the demo does, with two bad cables between them; {@link tandem.deploy.story.Operator} is
 * one scripted person, who can do only what the API lets anybody do; {@link
 * tandem.deploy.story.Theatre} looks at the twin as any viewer can and waits for what must come;
 * {@link tandem.deploy.story.Story} plays the scenes, tells their captions through {@code
 * tandem.cloud.http.Narration} and gives a line for each. Nothing here knows what the simulation
 * knows. Metres, radians, seconds; a scene that does not come true within its deadline gives {@link
 * tandem.deploy.story.NotSeen}. One thread.
 */
package tandem.deploy.story;
