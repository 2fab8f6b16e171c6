package org.apollofs.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Makes a site's records of its tree, and holds them against each other. */
final class SiteReader {
    private final ProfileSource source;
    private final ProfileSchema schema;

    private SiteReader(ProfileSource source, ProfileSchema schema) {
        this.source = source;
        this.schema = schema;
    }

    /** @throws ProfileException with file, line, key and what was expected. */
    static SiteProfile read(ProfileSource source) {
        ProfileSchema schema = ProfileSchema.of(ProfileSchema.SITE);
        List<ProfileProblem> problems = schema.validate(source);
        if (!problems.isEmpty()) {
            throw new ProfileException(source.name(), problems);
        }
        SiteProfile profile = new SiteReader(source, schema).read();
        List<ProfileProblem> broken = SiteRules.check(profile).stream()
                .map(problem -> problem.at(source.origin(problem.key())))
                .toList();
        if (!broken.isEmpty()) {
            throw new ProfileException(source.name(), broken);
        }
        return profile;
    }

    private SiteProfile read() {
        ProfileSection root = new ProfileSection(source.root(), schema);
        ProfileSection layout = root.section("layout");
        List<SiteProfile.Place> places = new ArrayList<>();
        List<ProfileSection> sites = root.list("sites");
        for (int i = 0; i < sites.size(); i++) {
            places.add(place(sites.get(i), "sites[" + i + "]"));
        }
        return new SiteProfile(
                source.name(),
                root.text("profile"),
                root.text("description"),
                new LayoutProfile(
                        layout.integer("dataChunks"), layout.integer("parityChunks"), layout.length("chunkLength"), 0),
                goals(root.section("goals")),
                places);
    }

    private GoalProfile goals(ProfileSection goals) {
        JsonNode parameters = goals.value("parameters");
        return new GoalProfile(
                goals.integer("gpus"),
                parameters.isNumber() ? parameters.doubleValue() : parameters(parameters.asText()),
                goals.integer("jobs"),
                goals.choice("save", GoalProfile.Save.class),
                goals.number("savePercent"),
                goals.number("stallSec"),
                goals.size("writeBytesPerSec"),
                goals.size("capacity"),
                goals.integer("fillPercent"),
                goals.choice("domain", GoalProfile.Domain.class),
                goals.number("distanceKm"),
                goals.number("geoIntervalSec"));
    }

    private double parameters(String text) {
        try {
            return Count.parse(text);
        } catch (IllegalArgumentException e) {
            throw failure("goals.parameters", e.getMessage());
        }
    }

    private SiteProfile.Place place(ProfileSection place, String key) {
        List<SiteProfile.Group> groups = new ArrayList<>();
        List<ProfileSection> sections = place.list("groups");
        for (int i = 0; i < sections.size(); i++) {
            groups.add(group(sections.get(i), key + ".groups[" + i + "].profile"));
        }
        return new SiteProfile.Place(
                place.text("name"),
                place.integer("racks"),
                place.integer("rackWatts"),
                place.integer("powerFeeds"),
                groups);
    }

    private SiteProfile.Group group(ProfileSection group, String key) {
        String profile = group.text("profile");
        HardwareProfile machine;
        try {
            machine = ProfileLoader.load(profile, source.origin(key).file());
        } catch (ProfileException e) {
            throw failure(key, "expected the profile of a machine: " + e.getMessage());
        }
        return new SiteProfile.Group(
                group.text("name"),
                machine,
                group.integer("count"),
                group.integer("perRack"),
                group.integer("firstRack"),
                group.text("address"));
    }

    private ProfileException failure(String key, String text) {
        return new ProfileException(source.name(), List.of(new ProfileProblem(0, key, text).at(source.origin(key))));
    }
}
