package tandem.deploy.cli;

import picocli.CommandLine.Option;
import tandem.deploy.client.Api;
import tandem.deploy.client.Out;

/** Options of every command that speaks to a running node. */
final class ApiOptions {
  static final String DEFAULT = "http://127.0.0.1:8080";

  @Option(
      names = "--api",
      paramLabel = "URL",
      description = "API of the node, default " + DEFAULT + ".")
  String url = DEFAULT;

  @Option(names = "--json", description = "One JSON object a line.")
  boolean json;

  Api open() {
    return new Api(url);
  }

  Out out() {
    return Out.standard(json);
  }
}
